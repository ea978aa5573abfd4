/**
 * For tests of FIT-Connect: the demo back office as delivery service and office, and single deliveries that are attempted without a worker, so that an
 * attempt can be cut off at any point between two effects.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll } from 'vitest';
import { makeKeyPair, type OfficeKeys } from '../../src/backoffice/fit-connect/keys.ts';
import type { FitConnectOptions, FitConnectSide } from '../../src/backoffice/fit-connect/index.ts';
import { startBackoffice, type Backoffice } from '../../src/backoffice/server.ts';
import { fitConnect, type FitConnectSettings } from '../../src/server/delivery/adapters/fit-connect/index.ts';
import type { DeliveryContext, DeliveryOutcome } from '../../src/server/delivery/adapters/types.ts';
import { EgressFailed, request, type EgressRequest } from '../../src/server/delivery/egress/index.ts';
import { buildEnvelope, type Envelope } from '../../src/server/delivery/envelope.ts';
import { root } from '../portal.ts';

export const DESTINATION = '1f0e8b2c-6c1d-4a6e-9f43-0c2f6a1d7b55';
export const SCHEMA = 'https://schema.example/dog-tax.schema.json';
export const CALLBACK_SECRET = 'call-back-secret-of-a-test';
const LEIKA = '99102013060000';

/** FITKO's own files are not part of the repository; where they lie beside it, they are held against what is sent. */
export const material = join(root, '../shared/fit-connect');
export const withMaterial = existsSync(material);

const checks = new Map<string, (metadata: unknown) => string | undefined>();
/** Why metadata does not fit FITKO's schema of the version that it names. */
export function metadataProblem(metadata: unknown): string | undefined {
  const version = /metadata\/(\d\.\d\.\d)\//.exec((metadata as { $schema?: string }).$schema ?? '')?.[1] ?? '1.0.0';
  if (!withMaterial) return undefined;
  let check = checks.get(version);
  if (!check) {
    const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
    const fits = ajv.compile(JSON.parse(readFileSync(join(material, `metadata/metadata.schema.v${version}.json`), 'utf8')) as object);
    check = (given) => (fits(given) ? undefined : ajv.errorsText(fits.errors));
    checks.set(version, check);
  }
  return check(metadata);
}

/** RSA keys of 4096 bits take their time: one set a test file. */
let made: Promise<OfficeKeys> | undefined;
export const testKeys = (): Promise<OfficeKeys> =>
  (made ??= Promise.all([makeKeyPair('PS512'), makeKeyPair('PS512'), makeKeyPair('RSA-OAEP-256')]).then(
    ([service, signing, encryption]) => ({
      service,
      signing,
      encryption,
    }),
  ));

export interface FitWorld {
  readonly backoffice: Backoffice;
  readonly side: FitConnectSide;
  readonly settings: FitConnectSettings;
}

/** Without a word, the office decides only when a test says so. */
export async function openFitWorld(more: Partial<FitConnectOptions> = {}, own: Partial<FitConnectSettings> = {}): Promise<FitWorld> {
  const dataDir = mkdtempSync(join(tmpdir(), 'schalter-fit-'));
  const backoffice = await startBackoffice({
    port: 0,
    dataDir,
    secret: 'shared-secret-of-a-test',
    fitConnect: {
      destinationId: DESTINATION,
      clientId: 'portal',
      clientSecret: 'geheim & mehr',
      services: { [LEIKA]: SCHEMA },
      validate: metadataProblem,
      keys: await testKeys(),
      decideAfter: 3_600_000,
      ...more,
    },
  });
  afterAll(async () => {
    await backoffice.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return { backoffice, side: backoffice.fitConnect!, settings: settingsOf(backoffice.port, own) };
}

export function settingsOf(port: number, own: Partial<FitConnectSettings> = {}): FitConnectSettings {
  const base = `http://127.0.0.1:${port}/fit-connect`;
  return {
    id: 'office',
    adapter: 'fit-connect',
    endpoints: [base],
    secrets: [],
    allowHttp: true,
    allowPrivate: true,
    problems: [],
    url: `${base}/submission-api`,
    oauth2: { tokenUrl: `${base}/token`, clientId: 'portal', clientSecret: 'geheim & mehr', method: 'client_secret_post' },
    destinationId: DESTINATION,
    services: { 'dog-tax': { name: 'Hundesteuer anmelden', schema: SCHEMA } },
    roots: undefined,
    revocations: [],
    callbackSecret: CALLBACK_SECRET,
    ...own,
  };
}

/** The attempt was cut off, as by SIGKILL: what was not done before is not done. */
export class Cut extends Error {
  override readonly name = 'Cut';
}

export const FILES = [Buffer.from('%PDF-1.4 first'), Buffer.alloc(200_000, 'second')] as const;

/** One delivery: what outlives an attempt is its checkpoint and its proofs. */
export class TestDelivery {
  readonly envelope: Envelope;
  checkpoint: unknown;
  again = false;
  readonly proofs = new Map<string, { kind: string; text: string }>();
  /** Points between two effects that were passed. */
  points = 0;
  /** Cut off at this one. */
  cutAt = Infinity;
  /** Calls of which the answer is lost although they had their effect. */
  loseAnswer: (call: Omit<EgressRequest, 'signal'>) => boolean = () => false;
  readonly calls: string[] = [];
  readonly #settings: FitConnectSettings;

  constructor(settings: FitConnectSettings, files: number = FILES.length) {
    this.#settings = settings;
    const submission = randomUUID();
    const payload = { keeper: { name: 'Kanarienvogel', born: '1964-08-12' }, note: 'Straße & "Hof" – ẞ' };
    this.envelope = buildEnvelope({
      id: `${submission}:office`,
      submission,
      reference: `26-${submission.slice(0, 8)}`,
      municipality: { id: 'musterstadt', ars: '059999999001', name: 'Stadt Musterstadt' },
      service: { id: 'dog-tax', leika: ['99102013104000', LEIKA], level: 'municipal' },
      flowVersion: 'hash-1',
      channel: 'online',
      language: 'de',
      submittedAt: '2026-11-24T23:30:00.000Z',
      payload,
      payloadSha256: createHash('sha256').update(JSON.stringify(payload)).digest('hex'),
      provenance: {},
      attachments: FILES.slice(0, files).map((bytes, n) => ({
        id: `file-${n}`,
        name: `Nachweis ${n}.pdf`,
        mime: 'application/pdf',
        size: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        field: 'proof',
      })),
      callback: { url: 'http://localhost/api/v1/status' },
    });
  }

  #point(): void {
    this.points += 1;
    if (this.points === this.cutAt) throw new Cut();
  }

  async #effect<T>(work: () => Promise<T>): Promise<T> {
    this.#point();
    const result = await work();
    this.#point();
    return result;
  }

  /** @throws Cut */
  attempt(): Promise<DeliveryOutcome> {
    const { endpoints } = this.#settings;
    const context: DeliveryContext<FitConnectSettings> = {
      destination: this.#settings,
      envelope: this.envelope,
      bytes: Buffer.from(JSON.stringify(this.envelope)),
      openAttachment: (id) => Promise.resolve(Readable.from([FILES[Number(id.slice(5))]!])),
      summary: () => Promise.reject(new Error('nobody reads it on paper')),
      signal: new AbortController().signal,
      now: Date.now,
      lookup: undefined,
      checkpoint: structuredClone(this.checkpoint),
      again: this.again,
      saveCheckpoint: (data) =>
        this.#effect(async () => {
          this.checkpoint = JSON.parse(JSON.stringify(data)) as unknown;
          this.again = false;
        }),
      keepProofs: (proofs) =>
        this.#effect(async () => {
          for (const { sourceId, kind, text } of proofs) this.proofs.set(sourceId, { kind, text });
        }),
      beginSend: async () => undefined,
      request: (call) =>
        this.#effect(async () => {
          this.calls.push(`${call.method} ${new URL(call.url).pathname.replace(/[0-9a-f-]{36}/g, ':id')}`);
          const answer = await request(call, { endpoints, allowHttp: true, allowPrivate: true, timeoutMilliseconds: 5_000 });
          if (this.loseAnswer(call)) throw new EgressFailed('ECONNRESET', true);
          return answer;
        }),
    };
    return fitConnect.send(context);
  }

  /** Attempts as the worker would, until it waits, is delivered, parked or in doubt. */
  async run(most = 20): Promise<DeliveryOutcome> {
    for (let n = 0; n < most; n += 1) {
      const outcome = await this.attempt().catch((error: unknown) => {
        if (error instanceof Cut) return undefined;
        throw error;
      });
      if (outcome?.kind === 'waiting' && outcome.checkpoint !== undefined) this.checkpoint = JSON.parse(JSON.stringify(outcome.checkpoint));
      if (outcome && outcome.kind !== 'retry') return outcome;
    }
    throw new Error('it does not come to an end');
  }

  /** What of it the delivery service has, complete. */
  submitted(side: FitConnectSide) {
    const { remote } = (this.checkpoint ?? {}) as { remote?: string };
    return [...side.records.all.values()].filter((one) => one.metadata !== undefined && one.submissionId === remote);
  }
}
