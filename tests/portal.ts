/** Starts the built portal and the demo back office as programs of their own, for tests that look from outside. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startBackoffice, type Backoffice } from '../src/backoffice/server.ts';
import { startIdentityProvider, type IdentityProvider } from '../src/identity-provider/server.ts';

export const root = resolve(import.meta.dirname, '..');
/** What the back office signs with, and the portal when it sends there. */
export const SECRET = 'a-secret-for-tests-only';
/** What the portal shows the identity provider. */
export const STAFF_SECRET = 'another-secret-for-tests-only';

export interface TestPortal {
  readonly url: string;
  readonly port: number;
  readonly process: ChildProcess;
  readonly output: () => string;
  /** SIGTERM by default; waits for the end and gives the exit code. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>;
}

export interface World {
  readonly portal: TestPortal;
  readonly backoffice: Backoffice;
  /** Only where it was asked for. */
  readonly identity: IdentityProvider | undefined;
  readonly dataDir: string;
  /** Starts another portal on the same data; on the port that `PORT` names, if any. */
  readonly start: (env?: NodeJS.ProcessEnv) => Promise<TestPortal>;
  readonly close: () => Promise<void>;
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}

/** As `npm run serve` does. */
const SERVE = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { serve: string } }).scripts.serve
  .split(' ')
  .slice(1);

async function startPortal(dataDir: string, env: NodeJS.ProcessEnv): Promise<TestPortal> {
  const port = Number(env.PORT ?? (await freePort()));
  const child = spawn(process.execPath, SERVE, {
    cwd: root,
    env: {
      ...process.env,
      SCHALTER_DATA: dataDir,
      DEMO_BACKOFFICE_SECRET: SECRET,
      DEMO_IDENTITY_SECRET: STAFF_SECRET,
      // all of a test's people come from one address
      SCHALTER_SUBMITS_PER_HOUR: '1000000',
      ...env,
      PORT: String(port),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  const deadline = Date.now() + 60_000;
  const url = `http://localhost:${port}`;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline)
      throw new Error(`the portal did not start:\n${output}`);
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ready) break;
    await new Promise((wait) => setTimeout(wait, 50));
  }
  return {
    url,
    port,
    process: child,
    output: () => output,
    stop: (signal = 'SIGTERM') => {
      if (child.exitCode === null) child.kill(signal);
      return ended;
    },
  };
}

/** A municipality like Musterstadt, under another id, with other parameters of one service. */
export interface Twin {
  readonly id: string;
  readonly service: string;
  readonly params: object;
}

export interface WorldOptions {
  readonly progressAfter?: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly twins?: readonly Twin[];
  /** Further services of Musterstadt, which go to the demo's back office. */
  readonly offers?: readonly string[];
  /** Further destinations of Musterstadt. */
  readonly destinations?: readonly object[];
  /** Services of Musterstadt that go to another destination. */
  readonly serves?: Readonly<Record<string, string>>;
  /** Where Musterstadt's own mail goes out. */
  readonly mail?: object;
  /** Where staff log in: at the demo's provider, which is started, or at an issuer of the test's own. */
  readonly identity?: 'demo' | { readonly issuer: string };
}

/** The demo's provider for a portal on `port`, with the clients of both municipalities. */
function startDemoProvider(dataDir: string, port: number): Promise<IdentityProvider> {
  const clients = Object.entries({ musterstadt: 'localhost', neudorf: 'neudorf.localhost' }).map(([id, host]) => ({
    id,
    secret: STAFF_SECRET,
    callbacks: [`http://${host}:${port}/de/counter/callback`],
    left: [`http://${host}:${port}/de/counter/left`],
  }));
  return startIdentityProvider({ port: 0, dataDir: join(dataDir, 'identity-provider'), clients });
}

/** A portal with a fresh database and a back office that its destinations lead to. */
export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const dataDir = mkdtempSync(join(tmpdir(), 'schalter-'));
  const backoffice = await startBackoffice({
    port: 0,
    dataDir: join(dataDir, 'backoffice'),
    secret: SECRET,
    progressAfter: options.progressAfter ?? 300,
  });
  const port = await freePort();
  const identity = options.identity === 'demo' ? await startDemoProvider(dataDir, port) : undefined;
  const own = typeof options.identity === 'object' ? options.identity.issuer : undefined;
  const issuer = own ?? `http://127.0.0.1:${identity?.port ?? 9}`;
  const config = join(dataDir, 'config');
  const { cpSync, readdirSync, readFileSync, writeFileSync, chmodSync } = await import('node:fs');
  cpSync(join(root, 'src/server/config/municipalities'), config, { recursive: true });
  /** The demo's programs, where they are this time. */
  const here = (text: string) =>
    text.replaceAll('http://127.0.0.1:4010', `http://127.0.0.1:${backoffice.port}`).replaceAll('http://127.0.0.1:4011', issuer);
  for (const file of readdirSync(config)) {
    writeFileSync(join(config, file), here(readFileSync(join(config, file), 'utf8')));
  }
  if (options.destinations || options.serves || options.offers || options.mail) {
    const file = join(config, 'musterstadt.json');
    const document = JSON.parse(readFileSync(file, 'utf8')) as {
      services: { service: string; destination: string }[];
      destinations: object[];
    };
    for (const one of document.services) one.destination = options.serves?.[one.service] ?? one.destination;
    const offers = (options.offers ?? []).map((service) => ({ service, channels: ['online', 'counter'], destination: 'demo' }));
    writeFileSync(
      file,
      here(
        JSON.stringify({
          ...document,
          mail: options.mail,
          services: [...document.services, ...offers],
          destinations: [...document.destinations, ...(options.destinations ?? [])],
        }),
      ),
    );
  }
  for (const twin of options.twins ?? []) {
    const document = JSON.parse(readFileSync(join(config, 'musterstadt.json'), 'utf8')) as { services: { service: string }[] };
    const services = document.services.map((one) => (one.service === twin.service ? { ...one, params: twin.params } : one));
    writeFileSync(join(config, `${twin.id}.json`), JSON.stringify({ ...document, id: twin.id, hosts: [`${twin.id}.localhost`], services }));
  }
  chmodSync(dataDir, 0o755);
  const start = (env: NodeJS.ProcessEnv = {}) => startPortal(dataDir, { SCHALTER_CONFIG: config, ...options.env, ...env });
  const portal = await start({ PORT: String(port), ...options.env });
  return {
    portal,
    backoffice,
    identity,
    dataDir,
    start,
    close: async () => {
      await portal.stop();
      await backoffice.close();
      await identity?.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export interface Answer {
  status: number;
  location: string | undefined;
  body: string;
  headers: Record<string, string | string[] | undefined>;
}

/** A browser without scripts: keeps cookies, follows nothing by itself, sends what browsers send. */
export class PlainBrowser {
  readonly #cookies = new Map<string, string>();
  readonly #port: number;
  readonly host: string;

  constructor(port: number, host = 'localhost') {
    this.#port = port;
    this.host = `${host}:${port}`;
  }

  get cookies(): ReadonlyMap<string, string> {
    return this.#cookies;
  }

  setCookie(name: string, value: string): void {
    this.#cookies.set(name, value);
  }

  /** One request. `form`: pairs of names and values; `headers` win over what a browser sends. */
  async send(
    path: string,
    form?: [string, string][] | { body: Buffer; type: string },
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const body = form === undefined ? undefined : Array.isArray(form) ? Buffer.from(new URLSearchParams(form).toString()) : form.body;
    const type = form === undefined ? undefined : Array.isArray(form) ? 'application/x-www-form-urlencoded' : form.type;
    return new Promise((done, failed) => {
      const call = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          path,
          method: body ? 'POST' : 'GET',
          headers: {
            host: this.host,
            accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
            cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
            ...(body && {
              origin: `http://${this.host}`,
              'content-type': type,
              'content-length': String(body.length),
              'sec-fetch-site': 'same-origin',
            }),
            ...headers,
          },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => {
            for (const cookie of answer.headers['set-cookie'] ?? []) {
              const [pair] = cookie.split(';');
              const at = pair!.indexOf('=');
              this.#cookies.set(pair!.slice(0, at), decodeURIComponent(pair!.slice(at + 1)));
            }
            done({
              status: answer.statusCode!,
              location: answer.headers.location,
              body: Buffer.concat(chunks).toString(),
              headers: answer.headers,
            });
          });
          answer.on('error', failed);
        },
      );
      call.on('error', failed);
      call.end(body);
    });
  }

  /** Follows redirects to a page; gives it with its own path. */
  async visit(path: string): Promise<Answer & { path: string }> {
    let at = path;
    for (let hops = 0; hops < 5; hops++) {
      const answer = await this.send(at);
      if (answer.status < 300 || answer.status >= 400) return { ...answer, path: at };
      at = answer.location!;
    }
    throw new Error(`too many redirects from ${path}`);
  }
}

/** Hidden value of a form on a page. */
export function hidden(html: string, name: string): string | undefined {
  return (
    new RegExp(`name="${name}"[^>]*value="([^"]*)"`).exec(html)?.[1] ?? new RegExp(`value="([^"]*)"[^>]*name="${name}"`).exec(html)?.[1]
  );
}
