/** Composition root: reads configuration, opens the store, the catalogue and the worker, and hands them to the web room and the command line. */
import { fieldTypes } from '#fields/all';
import { createTexts, type Texts } from '#i18n';
import { createApplications, type Applications } from '#server/applications';
import { openCatalog, type Catalog } from '#server/catalog';
import { readMunicipalities, readSecret, readSettings, type Municipality, type Settings } from '#server/config';
import {
  createFigures,
  createWorker,
  destinationSettings,
  receiveHint,
  receiveStatus,
  takesAnswers,
  type DestinationSettings,
  type Worker,
} from '#server/delivery';
import { createDocuments, type Documents } from '#server/documents';
import { createCounter, createHelp, type Counter, type Help } from '#server/handover';
import { faultsArmed } from '#server/faults';
import { clamd, openFile, type Scanner } from '#server/files';
import { createIdentity, type Identity } from '#server/identity';
import type { MailServer } from '#server/mail';
import { createLogger, createMetrics, type Metrics, type PortalLogger } from '#server/observe';
import {
  claimPeriodic,
  DatabaseUnavailable,
  KeyRing,
  openStore,
  sweepExpired,
  unacceptedDeliveries,
  type DeliveryFigures,
  type Store,
} from '#server/store';
import { brandCss } from '#ui/brand.ts';
import { SESSION } from '#server/applications';
import de from '../i18n/texts/de.json' with { type: 'json' };
import en from '../i18n/texts/en.json' with { type: 'json' };

export interface Portal {
  readonly settings: Settings;
  readonly municipalities: readonly Municipality[];
  readonly logger: PortalLogger;
  readonly metrics: Metrics;
  readonly store: Store;
  readonly keys: KeyRing;
  readonly catalog: Catalog;
  readonly applications: Applications;
  /** Drafts that change hands: what citizens do, and what staff do. */
  readonly help: Help;
  readonly counter: Counter;
  readonly identity: Identity;
  readonly documents: Documents;
  /** Where mail of this municipality goes out, and its sender. */
  readonly mail: (municipality: string) => (MailServer & { readonly from: string }) | undefined;
  readonly scanner: Scanner | undefined;
  /** Portal texts, all languages. */
  readonly texts: Texts;
  readonly ready: () => Promise<boolean>;
  readonly brandCss: (municipality: Municipality) => string;
  readonly statusCallback: (
    municipality: Municipality,
    headers: NodeJS.Dict<string | string[]>,
    body: Buffer,
  ) => Promise<{ status: number; body: string }>;
  /** A receiver hints at news of what it was sent; `destination`: its id. */
  readonly hint: (
    municipality: Municipality,
    destination: string,
    headers: NodeJS.Dict<string | string[]>,
    body: Buffer,
  ) => Promise<{ status: number; body: string }>;
  /** `route`: id of the route, not the address; undefined when no route answered. */
  readonly observeRequest: (method: string, route: string | undefined, status: number, milliseconds: number, correlation: string) => void;
  /** The delivery equation of all municipalities, a line per destination; read now, or a moment ago. */
  readonly figures: () => Promise<readonly DeliveryFigures[]>;
  /** What keeps a destination from being used; undefined: no document knows it. */
  readonly destinationProblems: (municipality: string, destination: string) => readonly string[] | undefined;
  /** Whether answers to what this destination asks can be sent to it. */
  readonly takesAnswers: (municipality: string, destination: string) => boolean;
  /** A person decided about deliveries: figures are read anew, and the worker looks now. */
  readonly deliveriesChanged: () => void;
  /** A delivery was ordered: the worker need not wait for its next look. */
  readonly wakeWorker: () => void;
  /** Begins nothing new, finishes what is under way, and closes. `requests`: settled when no request needs the portal any more. */
  readonly stop: (requests: Promise<unknown>) => Promise<void>;
}

/** What the rooms that make pages give in return. */
export interface Pages {
  /** A submission, or the answer with this number, as people read it: PDF. */
  readonly summary: (portal: Portal, municipality: string, submission: string, answer: number | null) => Promise<Uint8Array>;
}

const SWEEP = 10 * 60_000;
/** A receiver that has not taken what it was sent on the second day: told every six hours until it does, long before it is deleted there (14 days). */
const UNACCEPTED = 24 * 3_600_000;
const REMIND = 6 * 3_600_000;

/** A person waits for it, at the counter. */
const MAIL_TIMEOUT = 10_000;

/** Opens everything. Throws with a clear message when nothing can be served. */
export async function openPortal(env: NodeJS.ProcessEnv, { summary }: Pages): Promise<Portal> {
  const settings = readSettings(env);
  const logger = createLogger();
  const { municipalities, findings } = readMunicipalities(settings.configDir);
  for (const finding of findings) logger.error('configuration', { ...finding });
  if (municipalities.length === 0)
    throw new Error(findings.map((one) => `${one.file} ${one.place}: ${one.message}. ${one.remedy}`).join('\n'));
  const catalog = openCatalog(settings.flowsDir, municipalities, fieldTypes);
  for (const finding of catalog.findings) if (finding.severity === 'error') logger.error('flow', { ...finding });

  const store = await openStore({ databaseUrl: settings.databaseUrl, dataDir: settings.dataDir, logger: logger.forStore });
  const keys = await KeyRing.open(settings.keysDir);
  const day = settings.fixedToday === undefined ? undefined : () => settings.fixedToday!;
  const applications = createApplications(store, keys, catalog, day);
  if (faultsArmed(env)) logger.error('fault_points_armed');
  if (settings.fixedToday !== undefined) logger.warn('fixed_day', { day: settings.fixedToday });
  for (const municipality of municipalities) if (municipality.staff?.demo) logger.warn('demo_login', { municipality: municipality.id });
  const destinations = new Map<string, DestinationSettings>();
  for (const municipality of municipalities) {
    for (const document of municipality.destinations) {
      const one = destinationSettings(document, (reference, open) => readSecret(reference, env, open));
      for (const message of one.problems) logger.error('destination', { municipality: municipality.id, destination: one.id, message });
      destinations.set(`${municipality.id}/${one.id}`, one);
    }
  }
  const mail = new Map<string, MailServer & { readonly from: string }>();
  for (const { id, mail: document } of municipalities) {
    if (!document) continue;
    try {
      const { user, server, ...rest } = document;
      const login = user && { user: user.name, password: readSecret(user.password, env) };
      mail.set(id, { ...rest, ...login, url: server, timeoutMilliseconds: MAIL_TIMEOUT });
    } catch (error) {
      logger.error('mail', { municipality: id, message: (error as Error).message });
    }
  }
  const destination = (municipality: string, id: string) => destinations.get(`${municipality}/${id}`);
  const figures = createFigures(store);
  const metrics = createMetrics({
    figures: figures.read,
    unaccepted: () => unacceptedDeliveries(store, UNACCEPTED),
    failed: (error) => logger.warn('metrics_failed', { error: error.name }),
  });
  let worker: Worker | undefined;
  if (settings.worker) {
    worker = createWorker({
      store,
      keys,
      destination,
      destinations: municipalities.flatMap((one) =>
        one.destinations.map(({ id }) => ({ municipality: one.id, settings: destination(one.id, id)! })),
      ),
      logger,
      attempted: metrics.attempt,
      openAttachment: async (municipality, applicationId, key, id) =>
        (await openFile({ store, key }, { municipality, applicationId, id }))?.stream,
      summary: (municipality, submission, answer) => summary(portal, municipality, submission, answer),
    });
  }
  /** What a call-back is answered. Without a database nothing is known to be recorded: its sender comes again, and the same news twice is recorded once. */
  const answered = async (work: Promise<{ status: number; body: string }>) => {
    const result = await work.catch((error: unknown) => {
      if (error instanceof DatabaseUnavailable) return { status: 503, body: 'unavailable' };
      throw error;
    });
    metrics.callback(result.status);
    return result;
  };
  const sweeper = setInterval(() => {
    claimPeriodic(store, 'unaccepted', REMIND)
      .then((mine) => (mine ? unacceptedDeliveries(store, UNACCEPTED) : []))
      .then((late) => late.forEach((one) => logger.error('delivery_unaccepted', { ...one, hours: Math.floor(one.seconds / 3_600) })))
      .catch(() => undefined);
    claimPeriodic(store, 'sweep', SWEEP)
      .then((mine) => (mine ? sweepExpired(store, SESSION.idle) : undefined))
      .then((swept) => swept && logger.info('swept', { ...swept }))
      .catch(() => undefined);
  }, 60_000);
  sweeper.unref();

  const portal: Portal = {
    settings,
    municipalities,
    logger,
    metrics,
    store,
    keys,
    catalog,
    applications,
    help: createHelp(store, keys),
    counter: createCounter({ store, keys, catalog }, day),
    mail: (municipality) => mail.get(municipality),
    identity: createIdentity(store, keys, (reference) => readSecret(reference, env)),
    documents: createDocuments(),
    scanner: env.SCHALTER_CLAMD ? clamd(env.SCHALTER_CLAMD) : undefined,
    texts: createTexts({ de, en }),
    ready: () => store.ready(),
    brandCss: (municipality) => brandCss(municipality.colors),
    statusCallback: (municipality, headers, body) =>
      answered(receiveStatus({ store, keys, logger, destination }, municipality, headers, body)),
    hint: (municipality, id, headers, body) =>
      answered(receiveHint({ store, logger, destination, wake: () => worker?.wake() }, municipality, id, headers, body)),
    observeRequest: (method, route, status, milliseconds, correlation) => {
      metrics.request(method, route, status, milliseconds);
      if (status >= 500) logger.warn('answer', { method, route, status, milliseconds: Math.round(milliseconds), correlation });
    },
    figures: figures.read,
    destinationProblems: (municipality, id) => destination(municipality, id)?.problems,
    takesAnswers: (municipality, id) => {
      const settings = destination(municipality, id);
      return settings !== undefined && takesAnswers(settings);
    },
    deliveriesChanged: () => {
      figures.forget();
      worker?.wake();
    },
    wakeWorker: () => worker?.wake(),
    stop: async (requests) => {
      clearInterval(sweeper);
      await Promise.all([worker?.stop(), requests]);
      await store.close();
    },
  };
  await worker?.start();
  return portal;
}
