/**
 * Drafts: started, opened, saved, kept, resumed. Contents are opened here and nowhere else on their way to a page; what was opened is kept in memory
 * for the revision it belongs to, never as truth: the database says each time which revision is the newest.
 */
import { randomUUID } from 'node:crypto';
import { copyAnswers, emptyAnswers, walk, type Answers, type Json, type Walk, type WalkOptions } from '#flow';
import type { Package, PackageDocuments } from '#package';
import type { Catalog, Offering } from '#server/catalog';
import {
  createSession,
  endSession,
  keepDraft,
  loadDraft,
  loadFlow,
  open,
  pinFlow,
  purposes,
  renewSession,
  resumeDraft,
  saveDraft,
  seal,
  startDraft,
  touchSession,
  type KeyRing,
  type Resumed,
  type SessionLimits,
  type Store,
} from '#server/store';
import { normaliseFactor, pinFor, readResumeCode, resumeCodeFor } from './codes.ts';
import type { Content, Draft, Provenance, Saved } from './types.ts';

/** A citizen's session ends after an hour without use, and in any case after twelve; answers stay (ux.md section 2: save and return). */
export const SESSION: SessionLimits = { idle: 60 * 60_000, absolute: 12 * 60 * 60_000 };

/** Drafts whose opened content is kept in memory per process. */
const KEPT = 256;

export interface Applications {
  /** The session's draft of a service; undefined: none, or the session has ended. */
  readonly draft: (offering: Offering, session: Buffer | undefined) => Promise<Draft | undefined>;
  /**
   * The same as this process last saw it, without asking the database: only for saving, which asks by itself whether session and revision still
   * count. Nothing of it may be shown.
   */
  readonly held: (offering: Offering, session: Buffer | undefined) => Draft | undefined;
  /** Begins a draft, with a session where there is none. Gives the cookie's new value, if any. */
  readonly start: (offering: Offering, session: Buffer | undefined, lang: string) => Promise<{ session?: string }>;
  /** Saves answers over the revision that was read. `walked`: the walk of these answers, so that it is not done again. */
  readonly save: (draft: Draft, answers: Answers, walked: Walk, lang: string) => Promise<Saved>;
  /** Lets the draft be fetched with its resume code and, where no answer can serve as second factor, a number. Asked again, it gives the same. */
  readonly keep: (draft: Draft) => Promise<{ code: string; factor: 'date' | 'name' | 'pin'; pin?: string } | undefined>;
  /** Moves a kept draft into a session. The answer to a wrong code and to a wrong factor is the same. */
  readonly resume: (
    municipality: string,
    code: string,
    factor: string,
    session: Buffer | undefined,
  ) => Promise<Resumed & { session?: string }>;
  /** Ends a session, and forgets what this process opened for it. */
  readonly end: (municipality: string, session: Buffer) => Promise<void>;
}

/** The second factor that a draft's answers offer. */
export function factorOf(pkg: Package, counted: Readonly<Record<string, Json>>): { kind: 'date' | 'name'; value: string } | undefined {
  for (const path of pkg.service.factor ?? []) {
    const value = counted[path];
    const field = pkg.flow.fields.get(path);
    if (typeof value === 'string' && value !== '' && field) return { kind: field.type.name === 'date' ? 'date' : 'name', value };
  }
  return undefined;
}

const listSets = new WeakMap<Package, Map<string, Set<string>>>();

export function walkOptions(draft: Pick<Draft, 'pkg' | 'today' | 'offering'>): WalkOptions {
  let lists = listSets.get(draft.pkg);
  if (!lists) {
    lists = new Map([...draft.pkg.lists].map(([name, entries]) => [name, new Set(entries.map((entry) => entry.code))]));
    listSets.set(draft.pkg, lists);
  }
  return { today: draft.today, params: draft.offering.params, lists };
}

/** The calendar day in Germany. */
export function today(now = new Date()): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin' }).format(now);
}

/** `day` gives the day that counts as today for a new draft. */
export function createApplications(store: Store, keys: KeyRing, catalog: Catalog, day: () => string = today): Applications {
  /** session + service -> the newest opened draft, in order of use. */
  const held = new Map<string, Draft>();
  const pinned = new Set<string>();
  const slot = (session: Buffer, offering: Offering) => `${session.toString('base64url')}/${offering.municipality.id}/${offering.service}`;
  const hold = (draft: Draft): Draft => {
    const name = slot(draft.session, draft.offering);
    held.delete(name);
    held.set(name, draft);
    if (held.size > KEPT) held.delete(held.keys().next().value!);
    return draft;
  };
  const contentOf = (municipality: string, id: string, revision: number) => ({
    municipality,
    application: id,
    purpose: purposes.content,
    revision,
  });
  const encode = (content: Content) => Buffer.from(JSON.stringify(content));

  async function pin(offering: Offering): Promise<void> {
    const name = `${offering.municipality.id}/${offering.pkg.hash}`;
    if (pinned.has(name)) return;
    await pinFlow(store, offering.municipality.id, offering.pkg.hash, offering.service, offering.pkg.documents);
    pinned.add(name);
  }

  return {
    async draft(offering, session) {
      if (!session) return undefined;
      const municipality = offering.municipality.id;
      const had = held.get(slot(session, offering));
      const row = await loadDraft(store, { municipality, sessionHash: session, service: offering.service, have: had, idle: SESSION.idle });
      if (!row) return undefined;
      if (row.content === null && had)
        return hold(had.kept === row.kept ? had : { ...had, kept: row.kept, factorKind: row.factorKind ?? undefined });
      const pkg = await catalog.version(
        offering.service,
        row.flowHash,
        async () => (await loadFlow(store, municipality, row.flowHash)) as PackageDocuments,
      );
      if (!pkg) throw new Error('the pinned flow version cannot be read');
      const key = await keys.unwrap(municipality, row.keyEpoch, row.wrappedKey);
      const content = JSON.parse(open(key, contentOf(municipality, row.id, row.revision), row.content!).toString()) as Content;
      const base = { pkg, today: row.startedOn, offering };
      const answers = copyAnswers(content.answers);
      return hold({
        ...base,
        id: row.id,
        revision: row.revision,
        answers,
        provenance: content.provenance,
        walk: walk(pkg.flow, answers, walkOptions(base)),
        session,
        key,
        keyEpoch: row.keyEpoch,
        kept: row.kept,
        factorKind: row.factorKind ?? undefined,
        expiresAt: row.expiresAt ?? undefined,
      });
    },

    held: (offering, session) => session && held.get(slot(session, offering)),

    async start(offering, session, lang) {
      const municipality = offering.municipality.id;
      await pin(offering);
      const { key, epoch, wrapped } = await keys.newKey(municipality);
      const begin = async (sessionHash: Buffer) => {
        const id = randomUUID();
        return startDraft(store, {
          municipality,
          sessionHash,
          id,
          service: offering.service,
          flowHash: offering.pkg.hash,
          channel: 'online',
          language: lang,
          startedOn: day(),
          keyEpoch: epoch,
          wrappedKey: wrapped,
          content: seal(key, contentOf(municipality, id, 1), encode({ answers: emptyAnswers(), provenance: {} })),
          keepDays: offering.pkg.service.retention.draftDays,
        });
      };
      const alive = session && (await touchSession(store, municipality, session, SESSION));
      if (alive && (await begin(session)).outcome !== 'no-session') return {};
      const fresh = await createSession(store, municipality, SESSION);
      await begin(fresh.hash);
      return { session: fresh.id };
    },

    async save(draft, answers, walked, lang) {
      const municipality = draft.offering.municipality.id;
      const at = new Date().toISOString();
      const provenance: Record<string, Provenance> = {};
      for (const path of Object.keys(answers)) {
        if (path.includes('~')) continue;
        const before = draft.answers[path];
        const unchanged = before === answers[path] || (before !== undefined && JSON.stringify(before) === JSON.stringify(answers[path]));
        provenance[path] = (unchanged && draft.provenance[path]) || { source: 'typed', channel: 'online', by: 'citizen', at };
      }
      const revision = draft.revision + 1;
      const saved = await saveDraft(store, {
        municipality,
        sessionHash: draft.session,
        id: draft.id,
        revision: draft.revision,
        content: seal(draft.key, contentOf(municipality, draft.id, revision), encode({ answers, provenance })),
        language: lang,
        keepDays: draft.pkg.service.retention.draftDays,
        idle: SESSION.idle,
      });
      if (saved.outcome !== 'saved') return { outcome: saved.outcome };
      return { outcome: 'saved', draft: hold({ ...draft, revision, answers, provenance, walk: walked }) };
    },

    async keep(draft) {
      const municipality = draft.offering.municipality.id;
      const found = factorOf(draft.pkg, draft.walk.counted);
      const pin = found ? undefined : pinFor(draft);
      const kind = found?.kind ?? 'pin';
      const code = resumeCodeFor(draft);
      const kept = await keepDraft(store, {
        municipality,
        sessionHash: draft.session,
        id: draft.id,
        resumeHash: await keys.keyedHash(municipality, 'resume', code),
        factorKind: kind,
        factorHash: await keys.keyedHash(municipality, 'factor', normaliseFactor(kind, found?.value ?? pin!)),
        keepDays: draft.pkg.service.retention.draftDays,
      });
      return kept ? { code, factor: kind, pin } : undefined;
    },

    async resume(municipality, typedCode, typedFactor, session) {
      const code = readResumeCode(typedCode);
      let current = session;
      let fresh: string | undefined;
      if (!current || !(await touchSession(store, municipality, current, SESSION))) {
        const made = await createSession(store, municipality, SESSION);
        current = made.hash;
        fresh = made.id;
      }
      // A date, a name and a number look different once normalised: all readings are tried, so that the form needs one field.
      const resumeHash = await keys.keyedHash(municipality, 'resume', code ?? '');
      const sessionHash = current;
      for (const factor of factorReadings(typedFactor)) {
        const factorHash = await keys.keyedHash(municipality, 'factor', factor);
        const result = await store.transaction(municipality, async (tx) => {
          const moved = await resumeDraft(tx, { municipality, resumeHash, factorHash, sessionHash, replace: true });
          // A new id with what was just opened: whoever planted or overheard the old one has nothing of it.
          const renewed = moved.outcome === 'resumed' && !fresh ? await renewSession(tx, municipality, sessionHash, SESSION) : undefined;
          return { ...moved, session: renewed?.id ?? fresh };
        });
        if (result.outcome !== 'unknown') return result;
      }
      // A wrong code opens nothing, not even a session.
      if (fresh) await endSession(store, municipality, sessionHash);
      return { outcome: 'unknown', id: null, service: null };
    },

    async end(municipality, session) {
      await endSession(store, municipality, session);
      for (const [name, draft] of held) if (draft.session.equals(session)) held.delete(name);
    },
  };
}

/** What a typed second factor may mean: a date in German writing, a number, or a name. */
export function factorReadings(typed: string): string[] {
  const digits = typed.replace(/\D/g, '');
  const readings: string[] = [];
  const date =
    /^\s*(\d{1,2})[.\s/-]+(\d{1,2})[.\s/-]+(\d{4})\s*$/.exec(typed) ?? (digits.length === 8 ? /^(\d\d)(\d\d)(\d{4})$/.exec(digits) : null);
  const iso = /^\s*(\d{4})-(\d\d)-(\d\d)\s*$/.exec(typed);
  if (iso) readings.push(`${iso[1]}-${iso[2]}-${iso[3]}`);
  else if (date) readings.push(`${date[3]}-${date[2]!.padStart(2, '0')}-${date[1]!.padStart(2, '0')}`);
  if (digits.length === 4 && readings.length === 0) readings.push(digits);
  const name = normaliseFactor('name', typed);
  if (name) readings.push(name);
  return readings.length > 0 ? readings : [''];
}
