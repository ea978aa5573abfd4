/**
 * Drafts in a citizen's hands: started, opened, saved, kept, resumed. What was opened is kept in memory
 * for the revision it belongs to, never as truth: the database says each time which revision is the newest.
 */
import { randomUUID } from 'node:crypto';
import { emptyAnswers, type Answers, type Walk } from '#flow';
import type { Catalog, Offering } from '#server/catalog';
import {
  createSession,
  endSession,
  keepDraft,
  loadDraft,
  renewSession,
  resumeDraft,
  saveDraft,
  startDraft,
  touchSession,
  type KeyRing,
  type Resumed,
  type SessionLimits,
  type Store,
} from '#server/store';
import { pinFor, readCode, resumeCodeFor } from './codes.ts';
import { openDraft, pinOffering, sealContent } from './contents.ts';
import { factorHashes, secondFactor, type FactorKind } from './factors.ts';
import { stillParked } from './parked.ts';
import { confirmed, ONLINE, traced } from './provenance.ts';
import type { Content, Draft, Saved } from './types.ts';

/** A citizen's session ends after an hour without use, and in any case after twelve; answers stay (ux.md section 2: save and return). */
export const SESSION: SessionLimits = { idle: 60 * 60_000, absolute: 12 * 60 * 60_000 };

/** Drafts whose opened content is kept in memory per process. */
const KEPT = 256;

/**
 * For so long, in milliseconds, what the database answered to a save also answers the page that the save leads to: the browser is sent there at
 * once, and to ask the same question again is a second round trip for one act. Counts once, for that page, and not after anything else the session
 * does here.
 */
const STILL_SAID = 1_000;

export interface Applications {
  /** The session's draft of a service, for a page if there is one; undefined: none, or the session has ended. */
  readonly draft: (offering: Offering, session: Buffer | undefined, page?: string) => Promise<Draft | undefined>;
  /** After a save: the browser is sent to this page, and what the database has just said holds for it. */
  readonly leadsTo: (offering: Offering, session: Buffer | undefined, page: string) => void;
  /**
   * The same as this process last saw it, without asking the database: only for saving, which asks by itself whether session and revision still
   * count. Nothing of it may be shown.
   */
  readonly held: (offering: Offering, session: Buffer | undefined) => Draft | undefined;
  /** Begins a draft, with a session where there is none. Gives the cookie's new value, if any. */
  readonly start: (offering: Offering, session: Buffer | undefined, lang: string) => Promise<{ session?: string }>;
  /** Saves answers over the revision that was read. `walked`: the walk of these answers, so that it is not done again. */
  readonly save: (draft: Draft, answers: Answers, walked: Walk, lang: string) => Promise<Saved>;
  /** The citizen has seen what staff entered, changed or took away, and confirms it. */
  readonly confirm: (draft: Draft, lang: string) => Promise<Saved>;
  /** Lets the draft be fetched with its resume code and, where no answer can serve as second factor, a number. Asked again, it gives the same. */
  readonly keep: (draft: Draft) => Promise<{ code: string; factor: FactorKind; pin?: string | undefined } | undefined>;
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

/** The calendar day in Germany. */
export function today(now: Date | number = new Date()): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin' }).format(now);
}

/** `day` gives the day that counts as today for a new draft. */
export function createApplications(store: Store, keys: KeyRing, catalog: Catalog, day = () => today(store.now())): Applications {
  /** session + service -> the newest opened draft, in order of use. */
  const held = new Map<string, Draft>();
  /** session + service -> the draft that was just saved, and the page that this answers, until when. */
  const said = new Map<string, { draft: Draft; until: number; page?: string }>();
  const slot = (session: Buffer, offering: Offering) => `${session.toString('base64url')}/${offering.municipality.id}/${offering.service}`;
  const hold = (draft: Draft): Draft => {
    const name = slot(draft.session, draft.offering);
    held.delete(name);
    held.set(name, draft);
    if (held.size > KEPT) held.delete(held.keys().next().value!);
    return draft;
  };
  const justSaid = (name: string, page: string | undefined): Draft | undefined => {
    const last = said.get(name);
    said.delete(name);
    const holds = last && page !== undefined && last.page === page && last.until > performance.now() && held.get(name) === last.draft;
    return holds ? last.draft : undefined;
  };
  async function write(draft: Draft, content: Content, walked: Walk, lang: string): Promise<Saved> {
    const municipality = draft.offering.municipality.id;
    const revision = draft.revision + 1;
    // what staff mistyped is theirs alone, and ends here
    const next: Content = { ...content, intakes: draft.intakes, parked: stillParked(draft.parked, content.answers) };
    const saved = await saveDraft(store, {
      municipality,
      sessionHash: draft.session,
      id: draft.id,
      revision: draft.revision,
      content: sealContent(draft.key, municipality, draft.id, revision, next),
      language: lang,
      keepDays: draft.pkg.service.retention.draftDays,
      idle: SESSION.idle,
    });
    // the revision is still the one that was read: only other hands can be the reason
    if (saved.outcome === 'stale' && saved.revision === draft.revision) return { outcome: 'held' };
    if (saved.outcome === 'often') return { outcome: 'often', wait: saved.wait };
    if (saved.outcome !== 'saved') return { outcome: saved.outcome };
    const now = hold({ ...draft, ...next, mistyped: undefined, revision, walk: walked });
    const name = slot(draft.session, draft.offering);
    said.delete(name);
    said.set(name, { draft: now, until: performance.now() + STILL_SAID });
    if (said.size > KEPT) said.delete(said.keys().next().value!);
    return { outcome: 'saved', draft: now };
  }

  return {
    async draft(offering, session, page) {
      if (!session) return undefined;
      const municipality = offering.municipality.id;
      const name = slot(session, offering);
      const just = justSaid(name, page);
      if (just) return just;
      const had = held.get(name);
      const row = await loadDraft(store, { municipality, sessionHash: session, service: offering.service, have: had, idle: SESSION.idle });
      if (!row) return undefined;
      if (row.content === null && had) {
        const { kept, custody } = row as { kept: boolean; custody: Draft['custody'] };
        const same = had.kept === kept && had.custody === custody;
        return hold(same ? had : { ...had, kept, custody, factorKind: row.factorKind ?? undefined });
      }
      return hold(await openDraft({ store, keys, catalog }, row, offering, session));
    },

    leadsTo(offering, session, page) {
      const last = session && said.get(slot(session, offering));
      if (last) last.page = page;
    },

    held(offering, session) {
      if (!session) return undefined;
      const name = slot(session, offering);
      said.delete(name);
      return held.get(name);
    },

    async start(offering, session, lang) {
      const municipality = offering.municipality.id;
      await pinOffering(store, offering);
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
          content: sealContent(key, municipality, id, 1, { answers: emptyAnswers(), provenance: {} }),
          keepDays: offering.pkg.service.retention.draftDays,
        });
      };
      const alive = session && (await touchSession(store, municipality, session, SESSION));
      if (alive && (await begin(session)).outcome !== 'no-session') return {};
      const fresh = await createSession(store, municipality, SESSION);
      await begin(fresh.hash);
      return { session: fresh.id };
    },

    save: (draft, answers, walked, lang) =>
      write(draft, { answers, provenance: traced(draft, answers, ONLINE, new Date(store.now()).toISOString()) }, walked, lang),

    confirm: (draft, lang) =>
      write(draft, { answers: draft.answers, provenance: confirmed(draft, new Date(store.now()).toISOString()) }, draft.walk, lang),

    async keep(draft) {
      const municipality = draft.offering.municipality.id;
      const factor = await secondFactor(keys, municipality, draft.pkg, draft.walk.counted, pinFor(draft));
      const code = resumeCodeFor(draft);
      const kept = await keepDraft(store, {
        municipality,
        sessionHash: draft.session,
        id: draft.id,
        resumeHash: await keys.keyedHash(municipality, 'resume', code),
        factorKind: factor.kind,
        factorHash: factor.hash,
        keepDays: draft.pkg.service.retention.draftDays,
      });
      return kept ? { code, factor: factor.kind, pin: factor.pin } : undefined;
    },

    async resume(municipality, typedCode, typedFactor, session) {
      const code = readCode(typedCode);
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
      for (const factorHash of await factorHashes(keys, municipality, typedFactor)) {
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
