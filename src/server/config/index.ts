/**
 * Configuration: municipalities as documents, and the few settings of the process. Read once at start, checked with clear messages.
 * A broken document keeps its municipality from being served, not the others.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';
import { parseJson } from '#package';
import type { ConfigFinding, MunicipalityDocument, StaffDocument } from './types.ts';

export type * from './types.ts';

/** Root of the repository. The built portal lies elsewhere than the sources, so its server names it. */
export const ROOT = process.env.SCHALTER_HOME ?? resolve(import.meta.dirname, '../../..');

const settingsSchema = z.object({
  PORT: z.coerce.number().int().min(0).max(65535).default(3000),
  HOST: z.string().default('127.0.0.1'),
  DATABASE_URL: z.string().optional(),
  SCHALTER_DATA: z.string().default(join(ROOT, '.data')),
  SCHALTER_CONFIG: z.string().default(join(ROOT, 'src/server/config/municipalities')),
  SCHALTER_FLOWS: z.string().default(join(ROOT, 'flows')),
  SCHALTER_KEYS: z.string().optional(),
  /** Addresses of proxies whose forwarded headers are believed, comma separated. */
  SCHALTER_PROXIES: z.string().default(''),
  /** A fixed day instead of today, for tests and demonstrations; said at start. */
  SCHALTER_TODAY: z.iso.date().optional(),
  SCHALTER_WORKER: z.enum(['on', 'off']).default('on'),
  /** Time for a request's headers; for a form's body, and between two pieces of an upload; for a whole upload. */
  SCHALTER_HEADER_SECONDS: z.coerce.number().positive().max(60).default(10),
  SCHALTER_FORM_SECONDS: z.coerce.number().positive().max(300).default(30),
  SCHALTER_UPLOAD_SECONDS: z.coerce.number().positive().max(3600).default(600),
  /** Applications that one subscriber may hand in within an hour. */
  SCHALTER_SUBMITS_PER_HOUR: z.coerce.number().int().positive().default(60),
});

export interface Settings {
  readonly port: number;
  readonly host: string;
  readonly databaseUrl?: string;
  readonly dataDir: string;
  readonly configDir: string;
  readonly flowsDir: string;
  readonly keysDir: string;
  readonly proxies: ReadonlySet<string>;
  readonly worker: boolean;
  readonly fixedToday?: string;
  /** Applications that one subscriber may hand in within an hour. */
  readonly submitsPerHour: number;
  /** Time limits of the edge, in milliseconds. */
  readonly timeouts: { readonly headers: number; readonly form: number; readonly upload: number };
}

/** Settings from the environment; throws an Error whose message names the variable and what it takes. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const parsed = settingsSchema.safeParse(env);
  if (!parsed.success) {
    throw new Error(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '));
  }
  const value = parsed.data;
  const dataDir = resolve(value.SCHALTER_DATA);
  return {
    port: value.PORT,
    host: value.HOST,
    databaseUrl: value.DATABASE_URL,
    dataDir,
    configDir: resolve(value.SCHALTER_CONFIG),
    flowsDir: resolve(value.SCHALTER_FLOWS),
    keysDir: resolve(value.SCHALTER_KEYS ?? join(dataDir, 'keys')),
    proxies: new Set(
      value.SCHALTER_PROXIES.split(',')
        .map((s) => s.trim())
        .filter(Boolean),
    ),
    worker: value.SCHALTER_WORKER === 'on',
    fixedToday: value.SCHALTER_TODAY,
    submitsPerHour: value.SCHALTER_SUBMITS_PER_HOUR,
    timeouts: {
      headers: value.SCHALTER_HEADER_SECONDS * 1000,
      form: value.SCHALTER_FORM_SECONDS * 1000,
      upload: value.SCHALTER_UPLOAD_SECONDS * 1000,
    },
  };
}

export interface Municipality extends MunicipalityDocument {
  /** Hash of the document: cache key of what is derived from it. */
  readonly hash: string;
}

/** Reads every `*.json` of a folder. Findings name file, place and remedy; a municipality with findings is left out. */
export function readMunicipalities(dir: string): { municipalities: Municipality[]; findings: ConfigFinding[] } {
  const schemaFile = join(ROOT, 'static/schemas/municipality.schema.json');
  const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: false, discriminator: true });
  const validate = ajv.compile(JSON.parse(readFileSync(schemaFile, 'utf8')) as object);
  const findings: ConfigFinding[] = [];
  const municipalities: Municipality[] = [];
  const hosts = new Map<string, string>();
  const ids = new Set<string>();
  for (const file of readdirSync(dir)
    .filter((name) => name.endsWith('.json'))
    .sort()) {
    const before = findings.length;
    const report = (place: string, message: string, remedy: string) =>
      void findings.push({ file: join(dir, file), place, message, remedy });
    let source: string;
    try {
      source = readFileSync(join(dir, file), 'utf8');
    } catch (error) {
      report('', `cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`, 'Check the file and its rights.');
      continue;
    }
    const { value, problem } = parseJson(source);
    if (problem) {
      report(problem.place, problem.message, problem.remedy);
      continue;
    }
    const document = value as unknown as MunicipalityDocument;
    if (!validate(document)) {
      for (const error of validate.errors ?? [])
        report(error.instancePath || '/', error.message ?? 'invalid', 'See static/schemas/municipality.schema.json.');
      continue;
    }
    if (ids.has(document.id)) report('/id', `the id "${document.id}" is used by another file`, 'Give every municipality its own id.');
    ids.add(document.id);
    for (const [index, host] of document.hosts.entries()) {
      if (hosts.has(host))
        report(`/hosts/${index}`, `the host "${host}" belongs to "${hosts.get(host)}"`, 'A host leads to one municipality.');
      else hosts.set(host, document.id);
    }
    for (const [index, offering] of document.services.entries()) {
      if (!document.destinations.some((destination) => destination.id === offering.destination)) {
        report(`/services/${index}/destination`, `there is no destination "${offering.destination}"`, 'Name one of "destinations".');
      }
    }
    if (document.staff) for (const finding of staffFindings(document.staff)) report(...finding);
    if (findings.length === before)
      municipalities.push({ ...document, hash: createHash('sha256').update(source).digest('hex').slice(0, 16) });
  }
  if (municipalities.length === 0 && findings.length === 0) {
    findings.push({ file: dir, place: '', message: 'no municipality document found', remedy: 'Add one, see README.md.' });
  }
  return { municipalities, findings };
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** What the schema cannot say about staff: place, message, remedy. */
function* staffFindings(staff: StaffDocument): Generator<[string, string, string]> {
  const url = URL.parse(staff.issuer);
  const local = url !== null && LOOPBACK.test(url.hostname);
  if (!url) yield ['/staff/issuer', 'is not an address', "Take it from the provider's /.well-known/openid-configuration."];
  else if (url.protocol === 'http:' && !(staff.allowHttp && local))
    yield ['/staff/issuer', 'plain http', 'Use https; "allowHttp" is for a provider on this machine only.'];
  if (url && staff.demo && !local) yield ['/staff/demo', 'the demo login runs on this machine only', 'Remove "demo", or name its address.'];
  const seen = new Set<string>();
  for (const [index, site] of staff.sites.entries()) {
    for (const desk of site.desks) {
      const station = `${site.id}/${desk.id}`;
      if (seen.has(station))
        yield [`/staff/sites/${index}`, `the desk "${station}" is there twice`, 'Give every desk of a site its own id.'];
      seen.add(station);
    }
  }
}

/**
 * Resolves a reference to a secret: `env:NAME` or `file:/path`. `open`: not a secret (a certificate), others may be able to read the file.
 * @throws Error that names the reference, never the value
 */
export function readSecret(reference: string, env: NodeJS.ProcessEnv = process.env, open = false): string {
  const [kind, ...rest] = reference.split(':');
  const name = rest.join(':');
  if (kind === 'env') {
    const value = env[name];
    if (!value) throw new Error(`secret ${reference}: the environment variable is not set`);
    return value;
  }
  if (kind === 'file') {
    let mode: number;
    let value: string;
    try {
      ({ mode } = statSync(name));
      value = readFileSync(name, 'utf8').trim();
    } catch (error) {
      throw new Error(`secret ${reference}: the file cannot be read (${(error as NodeJS.ErrnoException).code})`);
    }
    if (!open && (mode & 0o077) !== 0) throw new Error(`secret ${reference}: the file is readable for others; use chmod 600`);
    if (!value) throw new Error(`secret ${reference}: the file is empty`);
    return value;
  }
  throw new Error(`secret ${reference}: use env:NAME or file:/path`);
}
