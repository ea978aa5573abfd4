/** Staff take drafts in hand, save, give back and let go. */
import { randomUUID } from 'node:crypto';
import { emptyAnswers, type Walk } from '#flow';
import {
  confirmed,
  factorHashes,
  openDraft,
  pinFor,
  pinOffering,
  readCode,
  resumeCodeFor,
  sealContent,
  secondFactor,
  stillParked,
  today,
  traced,
  type Content,
  type Draft,
  type Means,
  type Saved,
} from '#server/applications';
import type { Clerk } from '#server/identity';
import {
  claimDraft,
  giveBackDraft,
  handOnDraft,
  loadCounterDraft,
  open,
  purposes,
  releaseDrafts,
  saveCounterDraft,
  seal,
  startCounterDraft,
  viewDraft,
  type CounterDraftRow,
} from '#server/store';
import { codeHash, LASTS, newCode } from './codes.ts';
import type { Counter } from './types.ts';

const handsOf = ({ municipality, sessionHash }: Clerk) => ({ municipality, staff: sessionHash });

/** `day` gives the day that counts as today for a new draft. */
export function createCounter(means: Means, day: () => string = today): Counter {
  const { store, keys, catalog } = means;
  const noteContext = (municipality: string, application: string, handover: string) => ({
    municipality,
    application,
    purpose: purposes.handoverNote(handover),
    revision: 0,
  });

  /** The draft of a row that is there. */
  async function draftOf(row: CounterDraftRow | undefined, municipality: string, session: Buffer) {
    const offering = row && catalog.offering(municipality, row.service);
    return row && offering && (await openDraft(means, row, offering, session));
  }

  /** As long as the clerk has it in hand. */
  const opened = async (clerk: Clerk, application: string, action?: 'read' | 'print') =>
    draftOf(await loadCounterDraft(store, handsOf(clerk), application, action), clerk.municipality, clerk.sessionHash);

  async function write(clerk: Clerk, draft: Draft, content: Content, walked: Walk, lang?: string): Promise<Saved> {
    const revision = draft.revision + 1;
    const saved = await saveCounterDraft(store, {
      ...handsOf(clerk),
      id: draft.id,
      revision: draft.revision,
      content: sealContent(draft.key, clerk.municipality, draft.id, revision, content),
      language: lang,
      keepDays: draft.pkg.service.retention.draftDays,
    });
    if (saved.outcome !== 'saved') return { outcome: saved.outcome };
    return { outcome: 'saved', draft: { ...draft, ...content, revision, walk: walked } };
  }

  return {
    async claim(clerk, code, factor, purpose) {
      const { municipality } = clerk;
      // what cannot be a code is tried like one: it costs the same and is answered the same
      const claimed = await claimDraft(store, {
        ...handsOf(clerk),
        codeHash: await codeHash(keys, municipality, readCode(code) ?? ''),
        factorHashes: await factorHashes(keys, municipality, factor),
        purpose,
      });
      switch (claimed.outcome) {
        case 'held':
          return {
            outcome: 'held',
            by: { name: claimed.holderName, site: claimed.holderSite ?? undefined, desk: claimed.holderDesk ?? undefined },
          };
        case 'claimed': {
          const { outcome, application, service, code: handover, note } = claimed;
          const draft = note && (await opened(clerk, application));
          const read = draft ? open(draft.key, noteContext(municipality, application, handover), note).toString() : undefined;
          return { outcome, application, service, purpose: claimed.purpose ?? undefined, note: read };
        }
        default:
          return { outcome: claimed.outcome };
      }
    },

    async start(clerk, offering, { intake, lang, purpose }) {
      const { municipality } = clerk;
      await pinOffering(store, offering);
      const { key, epoch, wrapped } = await keys.newKey(municipality);
      const id = randomUUID();
      const started = await startCounterDraft(store, {
        ...handsOf(clerk),
        id,
        service: offering.service,
        flowHash: offering.pkg.hash,
        channel: intake.channel,
        language: lang,
        startedOn: day(),
        keyEpoch: epoch,
        wrappedKey: wrapped,
        content: sealContent(key, municipality, id, 1, { answers: emptyAnswers(), provenance: {}, intakes: [intake] }),
        keepDays: offering.pkg.service.retention.draftDays,
        purpose,
      });
      return started ? id : undefined;
    },

    open: opened,

    view: async (municipality, session) => draftOf(await viewDraft(store, { municipality, staff: session }), municipality, session),

    save(clerk, draft, answers, walked, { source, channel, lang, intake, parked = draft.parked, mistyped = draft.mistyped }) {
      const provenance = traced(draft, answers, { source, channel, by: 'clerk', actor: clerk.name }, new Date(store.now()).toISOString());
      const intakes = intake ? [...(draft.intakes ?? []), intake] : draft.intakes;
      return write(clerk, draft, { answers, provenance, intakes, parked: stillParked(parked, answers), mistyped }, walked, lang);
    },

    confirm(clerk, draft, confirmation) {
      const { answers, parked, mistyped } = draft;
      const intakes = draft.intakes?.map((one, index, all) => (index === all.length - 1 ? { ...one, confirmed: confirmation } : one));
      return write(clerk, draft, { answers, provenance: confirmed(draft, confirmation.at), intakes, parked, mistyped }, draft.walk);
    },

    async giveBack(clerk, draft, withCode) {
      const { draftDays } = draft.pkg.service.retention;
      if (!withCode) return (await giveBackDraft(store, handsOf(clerk), draft.id, draftDays)) ? {} : undefined;
      const { municipality } = clerk;
      const code = resumeCodeFor(draft);
      const { kind, hash, pin } = await secondFactor(keys, municipality, draft.pkg, draft.walk.counted, pinFor(draft));
      const hashes = { codeHash: await keys.keyedHash(municipality, 'resume', code), factorKind: kind, factorHash: hash };
      const given = await giveBackDraft(store, handsOf(clerk), draft.id, draftDays, hashes);
      return given ? { code: { code, factor: kind, pin } } : undefined;
    },

    async handOn(clerk, draft, { purpose, note }) {
      const id = randomUUID();
      const { code, hashes } = await newCode(keys, draft, id);
      const sealed = note ? seal(draft.key, noteContext(clerk.municipality, draft.id, id), Buffer.from(note)) : null;
      const given = await handOnDraft(store, {
        ...handsOf(clerk),
        ...hashes,
        application: draft.id,
        id,
        purpose,
        note: sealed,
        lasts: LASTS,
      });
      return given ? code : undefined;
    },

    release: (clerk) => releaseDrafts(store, handsOf(clerk)),
  };
}
