/** A desk at the counter for tests: staff with sessions, and what they do with drafts, on the database and the keys of a portal that runs. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fieldTypes } from '../../src/fields/all.node.ts';
import { copyAnswers, entryKeys, joinPath, pageChanges, walk, type Answers, type Json } from '../../src/flow/index.ts';
import {
  submit,
  walkOptions,
  type Confirmation,
  type Draft,
  type Intake,
  type Saved,
  type SubmitResult,
} from '../../src/server/applications/index.ts';
import { openCatalog, type Offering } from '../../src/server/catalog/index.ts';
import { readMunicipalities } from '../../src/server/config/index.ts';
import { createCounter, type Counter, type SaveOptions } from '../../src/server/handover/index.ts';
import type { Clerk } from '../../src/server/identity/index.ts';
import { createStaffSession, KeyRing, setStation } from '../../src/server/store/index.ts';
import type { Stage } from '../hostile/stage.ts';
import type { Journey } from '../journeys.ts';
import { root } from '../portal.ts';

const limits = { idle: 30 * 60_000, absolute: 12 * 3_600_000 };

export interface Desk {
  readonly counter: Counter;
  readonly offering: (service: string) => Offering;
  /** Somebody who is logged in and has chosen a desk. */
  readonly clerk: (name?: string, desk?: string, municipality?: string) => Promise<Clerk>;
  /** Hands in what is in hand. */
  readonly submit: (draft: Draft) => Promise<SubmitResult>;
  /** Opens a draft that is in hand. */
  readonly open: (clerk: Clerk, application: string) => Promise<Draft>;
  /** Changes answers; `undefined` takes one away. */
  readonly save: (clerk: Clerk, draft: Draft, changes: Record<string, Json | undefined>, options?: Partial<SaveOptions>) => Promise<Saved>;
}

/** What a clerk records of somebody they know, who is there. */
export const intake = ({ name, subject }: Clerk): Intake => ({
  channel: 'counter',
  person: 'self',
  identity: { method: 'known', verified: true },
  actor: name,
  subject,
  at: '2026-03-02T09:00:00.000Z',
});

/** The citizen has confirmed by word of mouth. */
export const spoken: Confirmation = { how: 'spoken', note: 'stimmt', at: '2026-03-02T09:30:00.000Z', summarySha256: 'a'.repeat(64) };

/** All answers of a journey, with every page before the review gone through. */
export function gone({ walk: { steps }, answers: given }: Journey): Answers {
  let answers = copyAnswers(given);
  for (const step of steps.filter(({ page }) => page.kind !== 'check')) {
    const asked = step.fields.filter((field) => !field.type.silent).map((field) => joinPath(step.prefix, field.id));
    const values: Record<string, Json> = Object.fromEntries(asked.map((path) => [path, answers[path] ?? null]));
    const list = step.page.collection && joinPath(step.prefix, step.page.collection.path.split('.').at(-1));
    if (list !== undefined) values[list] = entryKeys(answers, list);
    answers = pageChanges(answers, step, values, new Set(step.warnings.map(({ rule }) => rule)));
  }
  return answers;
}

export async function openDesk(stage: Stage): Promise<Desk> {
  const { municipalities } = readMunicipalities(join(stage.dataDir, 'config'));
  const catalog = openCatalog(join(root, 'flows'), municipalities, fieldTypes);
  const keys = await KeyRing.open(join(stage.dataDir, 'keys'));
  const counter = createCounter({ store: stage.store, keys, catalog }, () => '2026-03-02');
  return {
    counter,
    offering: (service) => catalog.offering('musterstadt', service)!,
    async clerk(name = 'Erika Amt', desk = '3', municipality = 'musterstadt') {
      const subject = randomBytes(6).toString('hex');
      const roles = ['counter'] as const;
      const station = { site: 'rathaus', desk };
      const { hash } = await createStaffSession(stage.store, municipality, { subject, name, roles }, limits);
      await setStation(stage.store, municipality, hash, station, limits);
      return { subject, name, roles, station, sessionHash: hash, municipality };
    },
    submit: (draft) =>
      submit(stage.store, keys, {
        draft,
        answers: draft.answers,
        lang: 'de',
        callbackUrl: `${stage.portal.url}/api/v1/status`,
        confirmation: spoken,
        transmittedBy: { by: 'clerk', name: 'Erika Amt' },
      }),
    async open(clerk, application) {
      const draft = await counter.open(clerk, application);
      if (!draft) throw new Error('not in hand');
      return draft;
    },
    save(clerk, draft, changes, { source = 'dictated', channel = 'counter' } = {}) {
      const answers = copyAnswers(draft.answers);
      for (const [path, value] of Object.entries(changes)) {
        if (value === undefined) delete answers[path];
        else answers[path] = value;
      }
      const walked = walk(draft.pkg.flow, answers, { ...walkOptions(draft), previous: draft.walk });
      return counter.save(clerk, draft, answers, walked, { source, channel });
    },
  };
}
