/** Drafts that change hands: one holder at a time, refusals that tell nothing, and no way for staff to look around. */
import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { testDatabase } from '../../../tests/postgres.ts';
import {
  beginFile,
  createHandover,
  deleteFile,
  custodyOf,
  endStaffSession,
  giveBackDraft,
  handOnDraft,
  type Hands,
  loadCounterDraft,
  loadDraft,
  openCase,
  openForAnswer,
  openHandover,
  releaseDrafts,
  resumeDraft,
  revokeHandover,
  saveCounterDraft,
  saveDraft,
  startCounterDraft,
  submitApplication,
} from './index.ts';
import { draftIn, handedOver, handsIn, handsOn, limits, submitOf, type Draft } from './rows.fixture.ts';

const { store, owner, url } = await testDatabase();
const HOME = 'musterstadt';
const REFUSED = { outcome: 'refused' };
const strip = (row: object) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
const own = (draft: Draft) => ({ ...draft, application: draft.id });
const load = (draft: Draft) => loadDraft(store, { ...draft, idle: limits.idle });
const citizenSaves = (draft: Draft, revision: number, text = 'citizen') =>
  saveDraft(store, { ...draft, revision, content: Buffer.from(text), keepDays: 30, idle: limits.idle });
const clerkSaves = (hands: Hands, id: string, revision: number, text = 'clerk') =>
  saveCounterDraft(store, { ...hands, id, revision, content: Buffer.from(text), keepDays: 30 });
const log = async (application: string | null, last = 100) =>
  (
    await owner.query<{ actor_name: string; action: string; site: string; desk: string; purpose: string; code: string }>(
      `select * from (select n, actor_name, action, site, desk, purpose, code from access_log where application is not distinct from $1 order by n desc limit $2) l order by n`,
      [application, last],
    )
  ).rows;
const actions = async (application: string) => (await log(application)).map(({ action }) => action);
const idles = (id: string) => owner.query(`update application set custody_until = now() where id = $1`, [id]);

/** A draft in the hands of a clerk. */
async function claimed(name = 'Test Clerk') {
  const hands = await handsIn(store, HOME, name);
  const draft = await draftIn(store, HOME);
  const given = await handedOver(store, draft);
  expect(await handsOn(store, hands, given)).toMatchObject({ outcome: 'claimed', application: draft.id, service: draft.service });
  return { hands, draft, given };
}

describe('files', () => {
  const begin = (draft: { id: string }, staff?: Buffer, municipality = HOME) =>
    beginFile(store, {
      municipality,
      id: randomUUID(),
      application: draft.id,
      fieldPath: 'notice',
      nameSealed: Buffer.from('name'),
      mime: 'application/pdf',
      maxFiles: 5,
      staff,
    });

  it('are taken in by who has the draft in hand, and by nobody else', async () => {
    const { hands, draft } = await claimed();
    const other = await handsIn(store, HOME, 'Other Clerk');
    const elsewhere = await handsIn(store, 'nachbarstadt');
    expect(await begin(draft, hands.staff)).toBe('begun');
    expect(await begin(draft, other.staff)).toBe('gone');
    expect(await begin(draft, elsewhere.staff, 'nachbarstadt')).toBe('gone');
    expect(await begin(draft, elsewhere.staff)).toBe('gone');
    expect(await begin(draft, randomBytes(32))).toBe('gone');
    // nor by the citizen meanwhile
    expect(await begin(draft)).toBe('gone');
    expect(await actions(draft.id)).toEqual(expect.arrayContaining(['upload', 'upload-refused']));
    const [{ id }] = (await owner.query<{ id: string }>('select id from file where application_id = $1', [draft.id])).rows as [
      { id: string },
    ];
    expect(await deleteFile(store, HOME, draft.id, id, other.staff)).toBe(false);
    await idles(draft.id);
    expect(await begin(draft, hands.staff)).toBe('gone');
    expect(await deleteFile(store, HOME, draft.id, id, hands.staff)).toBe(false);
    expect(await begin(draft)).toBe('begun');
  });
});

describe('a claim', () => {
  it('locks the draft for the citizen, who sees who has it', async () => {
    const { hands, draft, given } = await claimed('Erika Amt');
    expect(await load(draft)).toMatchObject({ custody: 'counter' });
    expect(await custodyOf(store, own(draft))).toMatchObject({ name: 'Erika Amt', site: 'townhall', desk: '3' });
    expect(await citizenSaves(draft, 1)).toEqual({ outcome: 'stale', revision: 1, wait: null });
    expect((await submitApplication(store, submitOf(draft))).outcome).toBe('stale');
    expect(await loadCounterDraft(store, hands, draft.id)).toMatchObject({ id: draft.id, service: draft.service, revision: 1 });
    expect(await clerkSaves(hands, draft.id, 1)).toEqual({ outcome: 'saved', revision: 2 });
    expect(await clerkSaves(hands, draft.id, 1)).toEqual({ outcome: 'stale', revision: 2 });
    expect(await giveBackDraft(store, hands, draft.id, 30)).toBe(true);
    expect(await load(draft)).toMatchObject({ custody: 'citizen', revision: 2 });
    expect(await citizenSaves(draft, 2)).toEqual({ outcome: 'saved', revision: 3, wait: null });
    const rows = await log(draft.id);
    expect(rows.map(({ action }) => action)).toEqual(['claim', 'read', 'save', 'save', 'give-back']);
    for (const row of rows)
      expect(row).toMatchObject({
        actor_name: 'Erika Amt',
        site: 'townhall',
        desk: '3',
        purpose: 'the citizen asks for help',
        code: given.id,
      });
  });

  it('is over after 30 minutes without a save, for everybody at once', async () => {
    const { hands, draft } = await claimed();
    await owner.query(`update application set custody_until = custody_until - interval '29 minutes 55 seconds' where id = $1`, [draft.id]);
    expect((await load(draft))?.custody).toBe('counter');
    expect((await clerkSaves(hands, draft.id, 1)).outcome).toBe('saved');
    await owner.query(`update application set custody_until = custody_until - interval '29 minutes 55 seconds' where id = $1`, [draft.id]);
    expect((await load(draft))?.custody).toBe('counter');
    await owner.query(`update application set custody_until = custody_until - interval '6 seconds' where id = $1`, [draft.id]);
    expect((await load(draft))?.custody).toBe('citizen');
    expect(await custodyOf(store, own(draft))).toBeUndefined();
    expect((await clerkSaves(hands, draft.id, 2)).outcome).toBe('gone');
    expect(await loadCounterDraft(store, hands, draft.id)).toBeUndefined();
    expect(await giveBackDraft(store, hands, draft.id, 30)).toBe(false);
    expect(await citizenSaves(draft, 2)).toMatchObject({ outcome: 'saved' });
    expect((await actions(draft.id)).slice(-3)).toEqual(['save-refused', 'read-refused', 'give-back-refused']);
  });

  it('at once from two stations: one has it, the other learns who, and only with the right factor', async () => {
    for (let round = 0; round < 20; round += 1) {
      const given = await handedOver(store, await draftIn(store, HOME));
      const stations = [await handsIn(store, HOME, 'One'), await handsIn(store, HOME, 'Two')];
      const results = await Promise.all(stations.map((hands) => handsOn(store, hands, given)));
      expect(results.map(({ outcome }) => outcome).sort()).toEqual(['claimed', 'held']);
      const winner = results[0]!.outcome === 'claimed' ? 'One' : 'Two';
      expect(results.find(({ outcome }) => outcome === 'held')).toMatchObject({
        holderName: winner,
        holderSite: 'townhall',
        holderDesk: '3',
      });
      const third = await handsIn(store, HOME, 'Three');
      expect(strip(await handsOn(store, third, given, randomBytes(32)))).toEqual(REFUSED);
    }
  });

  it('is the same claim when the same station sends it twice', async () => {
    const { hands, given } = await claimed();
    expect((await handsOn(store, hands, given)).outcome).toBe('claimed');
  });

  it('ends with "next person", with the logout, and with a login that replaces the session', async () => {
    const one = await claimed();
    expect(await releaseDrafts(store, one.hands)).toBe(1);
    expect((await load(one.draft))?.custody).toBe('citizen');
    expect(await loadCounterDraft(store, one.hands, one.draft.id)).toBeUndefined();
    expect(strip(await handsOn(store, one.hands, one.given))).toEqual(REFUSED);
    const two = await claimed();
    await endStaffSession(store, HOME, two.hands.staff);
    expect((await load(two.draft))?.custody).toBe('citizen');
    expect((await clerkSaves(two.hands, two.draft.id, 1)).outcome).toBe('gone');
    expect(await actions(two.draft.id)).toEqual(['claim', 'release', 'save-refused']);
  });

  it('is taken back by the citizen at any time', async () => {
    const { hands, draft, given } = await claimed();
    expect(await revokeHandover(store, own(draft))).toBe(true);
    expect((await load(draft))?.custody).toBe('citizen');
    expect((await clerkSaves(hands, draft.id, 1)).outcome).toBe('gone');
    expect(strip(await handsOn(store, hands, given))).toEqual(REFUSED);
  });
});

describe('one answer for every code that does not open', () => {
  it('wrong, wrong factor, expired, revoked, used, tried too often', async () => {
    const answers: object[] = [];
    const ask = async (change: (given: Awaited<ReturnType<typeof handedOver>>) => Promise<unknown>, factor?: Buffer) => {
      const given = await handedOver(store, await draftIn(store, HOME));
      await change(given);
      answers.push(await handsOn(store, await handsIn(store, HOME), given, factor));
    };
    const set = (column: string) => (given: { id: string }) => owner.query(`update handover set ${column} where id = $1`, [given.id]);
    await ask(async (given) => void (given.codeHash = randomBytes(32)));
    await ask(async () => undefined, randomBytes(32));
    await ask(set('expires_at = now()'));
    await ask(set('revoked_at = now()'));
    await ask(set('used_at = now()'));
    await ask(set('tries = 5'));
    await ask(({ draft }) => owner.query(`update application set expires_at = now() where id = $1`, [draft.id]));
    await ask(({ draft }) => submitApplication(store, submitOf(draft)));
    const tired = await handsIn(store, HOME);
    const stranger = await handedOver(store, await draftIn(store, HOME));
    for (let n = 0; n < 10; n += 1) await handsOn(store, tired, { ...stranger, codeHash: randomBytes(32) });
    answers.push(await handsOn(store, tired, stranger));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(strip(answers[0]!)).toEqual(REFUSED);
    expect(answers).toHaveLength(9);
  });

  it('five wrong factors close a code; the sixth try with the right one comes too late', async () => {
    const given = await handedOver(store, await draftIn(store, HOME));
    for (let n = 0; n < 5; n += 1) await handsOn(store, await handsIn(store, HOME), given, randomBytes(32));
    expect(strip(await handsOn(store, await handsIn(store, HOME), given))).toEqual(REFUSED);
    expect((await actions(given.draft.id)).filter((action) => action === 'claim-refused')).toHaveLength(6);
    expect(await openHandover(store, own(given.draft))).toBeUndefined();
  });

  it('a busy clerk is not stopped: only wrong tries count, exactly ten, however parallel', async () => {
    const hands = await handsIn(store, HOME);
    for (let n = 0; n < 12; n += 1)
      expect((await handsOn(store, hands, await handedOver(store, await draftIn(store, HOME)))).outcome).toBe('claimed');
    const given = await handedOver(store, await draftIn(store, HOME));
    const wrong = { ...given, codeHash: randomBytes(32) };
    await Promise.all(Array.from({ length: 9 }, () => handsOn(store, hands, wrong)));
    expect((await handsOn(store, hands, given)).outcome).toBe('claimed');
    await handsOn(store, hands, wrong);
    expect((await handsOn(store, hands, await handedOver(store, await draftIn(store, HOME)))).outcome).toBe('refused');
  });
});

describe('who may', () => {
  it('a session that ended, never was, was not used, or has no role for it is refused, and the log knows', async () => {
    const given = await handedOver(store, await draftIn(store, HOME));
    const forbidden = { outcome: 'forbidden' };
    const unused = await handsIn(store, HOME, 'Unused');
    await owner.query(`update staff_session set seen_at = now() - interval '30 minutes' where id_hash = $1`, [unused.staff]);
    const editor = await handsIn(store, HOME, 'Editor', ['editor']);
    // last, because a login clears away what is past its end
    const ended = await handsIn(store, HOME, 'Ended');
    await owner.query(`update staff_session set expires_at = now() where id_hash = $1`, [ended.staff]);
    for (const hands of [
      ended,
      unused,
      editor,
      { municipality: HOME, staff: randomBytes(32) },
      { municipality: HOME, staff: given.draft.sessionHash },
    ])
      expect(strip(await handsOn(store, hands, given))).toEqual(forbidden);
    expect((await log(null, 5)).map(({ actor_name, action }) => [actor_name, action])).toEqual([
      ['Ended', 'claim-forbidden'],
      ['Unused', 'claim-forbidden'],
      ['Editor', 'claim-forbidden'],
      ['unknown', 'claim-forbidden'],
      ['unknown', 'claim-forbidden'],
    ]);
    expect((await handsOn(store, await handsIn(store, HOME), given)).outcome).toBe('claimed');
  });

  it('another municipality reaches nothing with the right code and factor', async () => {
    const given = await handedOver(store, await draftIn(store, HOME));
    expect(strip(await handsOn(store, await handsIn(store, 'neudorf'), given))).toEqual(REFUSED);
    const { hands, draft } = await claimed();
    expect(await loadCounterDraft(store, { ...hands, municipality: 'neudorf' }, draft.id)).toBeUndefined();
    expect(await loadCounterDraft(store, await handsIn(store, 'neudorf'), draft.id)).toBeUndefined();
  });

  it("a colleague, a later session of the same clerk and the citizen's own session are not the holder", async () => {
    const { draft } = await claimed();
    for (const hands of [
      await handsIn(store, HOME),
      { municipality: HOME, staff: draft.sessionHash },
      { municipality: HOME, staff: randomBytes(32) },
    ]) {
      expect(await loadCounterDraft(store, hands, draft.id)).toBeUndefined();
      expect((await clerkSaves(hands, draft.id, 1)).outcome).toBe('gone');
      expect(await giveBackDraft(store, hands, draft.id, 30)).toBe(false);
      expect((await submitApplication(store, { ...submitOf(draft), sessionHash: hands.staff })).outcome).toMatch(/^(gone|stale)$/);
    }
    expect((await actions(draft.id)).filter((action) => action.endsWith('-refused'))).toHaveLength(9);
  });

  it('a citizen makes, sees and revokes codes of their own drafts only; a new code ends the one before', async () => {
    const given = await handedOver(store, await draftIn(store, HOME));
    const other = await draftIn(store, HOME);
    const theirs = { ...own(given.draft), sessionHash: other.sessionHash };
    const made = {
      id: randomUUID(),
      codeHash: randomBytes(32),
      factorHash: randomBytes(32),
      factorKind: 'pin',
      lasts: 1_000,
      idle: limits.idle,
    };
    expect(await createHandover(store, { ...theirs, ...made })).toBe(false);
    expect(await openHandover(store, theirs)).toBeUndefined();
    expect(await revokeHandover(store, theirs)).toBe(false);
    expect(await openHandover(store, own(given.draft))).toMatchObject({ id: given.id, factorKind: 'pin' });
    const next = await handedOver(store, given.draft);
    expect(await openHandover(store, own(given.draft))).toMatchObject({ id: next.id });
    expect(strip(await handsOn(store, await handsIn(store, HOME), given))).toEqual(REFUSED);
    expect((await handsOn(store, await handsIn(store, HOME), next)).outcome).toBe('claimed');
  });
});

describe('kept from all but the team lead (P-07)', () => {
  /** Handed on by a clerk who noticed that they must not handle it. */
  async function restricted() {
    const { hands, draft } = await claimed('Noticed It');
    const handed = { application: draft.id, id: randomUUID(), codeHash: randomBytes(32), factorKind: 'pin', factorHash: randomBytes(32) };
    expect(await handOnDraft(store, { ...hands, ...handed, purpose: 'restricted', note: null, lasts: 86_400_000 })).toBe(true);
    return { hands, draft, handed: { draft, ...handed } };
  }

  it('no other role takes it in hand with any code, not even who noticed it; each try is logged, and nothing more is told', async () => {
    const { hands, draft, handed } = await restricted();
    for (const clerk of [
      hands,
      await handsIn(store, HOME),
      await handsIn(store, HOME, 'Phone', ['phone']),
      await handsIn(store, HOME, 'Post', ['post']),
    ])
      expect(strip(await handsOn(store, clerk, handed))).toEqual({ outcome: 'restricted' });
    // the citizen's own new code is worth no more
    const own = await handedOver(store, draft);
    expect(strip(await handsOn(store, await handsIn(store, HOME), own))).toEqual({ outcome: 'restricted' });
    expect(strip(await handsOn(store, await handsIn(store, HOME), own, randomBytes(32)))).toEqual(REFUSED);
    expect((await actions(draft.id)).filter((action) => action === 'claim-restricted')).toHaveLength(5);
    expect((await load(draft))?.custody).toBe('citizen');
  });

  it('the lead takes it in hand, and after it is handed in nobody else opens it by its number', async () => {
    const { draft, handed } = await restricted();
    const lead = await handsIn(store, HOME, 'Lead', ['counter', 'lead']);
    expect(await handsOn(store, lead, handed)).toMatchObject({ outcome: 'claimed', purpose: 'restricted' });
    const factorHash = randomBytes(32);
    const submit = { ...submitOf(draft), sessionHash: lead.staff, factorHash };
    expect((await submitApplication(store, submit)).outcome).toBe('submitted');
    const clerk = await handsIn(store, HOME);
    expect(await openCase(store, clerk, submit.reference, 'ask')).toBeUndefined();
    expect(await openForAnswer(store, clerk, submit.reference, [factorHash])).toBeUndefined();
    expect(await openCase(store, lead, submit.reference, 'ask')).toBe(submit.id);
    expect(await openForAnswer(store, lead, submit.reference, [factorHash])).toBe(submit.id);
  });

  it('the lead lifts it by handing it on for another reason', async () => {
    const { draft, handed } = await restricted();
    const lead = await handsIn(store, HOME, 'Lead', ['lead']);
    await handsOn(store, lead, handed);
    const next = { application: draft.id, id: randomUUID(), codeHash: randomBytes(32), factorKind: 'pin', factorHash: randomBytes(32) };
    expect(await handOnDraft(store, { ...lead, ...next, purpose: 'finish', note: null, lasts: 86_400_000 })).toBe(true);
    expect((await handsOn(store, await handsIn(store, HOME), { draft, ...next })).outcome).toBe('claimed');
  });
});

describe('onwards', () => {
  it('staff to citizen: the resume code leads to the draft, and one that nobody could find again is not let go', async () => {
    const hands = await handsIn(store, HOME);
    const id = randomUUID();
    const { service } = await draftIn(store, HOME);
    const start = (staff: Buffer) =>
      startCounterDraft(store, {
        municipality: HOME,
        staff,
        id,
        service,
        flowHash: 'hash-1',
        channel: 'counter',
        language: 'de',
        startedOn: '2026-11-24',
        keyEpoch: '2026-11',
        wrappedKey: randomBytes(61),
        content: Buffer.from('new'),
        keepDays: 30,
        purpose: 'walk-in',
      });
    expect(await start(randomBytes(32))).toBe(false);
    expect(await start(hands.staff)).toBe(true);
    expect(await loadCounterDraft(store, hands, id)).toMatchObject({ id, channel: 'counter', revision: 1 });
    expect(await giveBackDraft(store, hands, id, 30)).toBe(false);
    const resume = { codeHash: randomBytes(32), factorKind: 'pin', factorHash: randomBytes(32) };
    expect(await giveBackDraft(store, hands, id, 30, resume)).toBe(true);
    const citizen = await draftIn(store, HOME, 'other-service');
    const resumed = await resumeDraft(store, {
      municipality: HOME,
      resumeHash: resume.codeHash,
      factorHash: resume.factorHash,
      sessionHash: citizen.sessionHash,
    });
    expect(resumed).toMatchObject({ outcome: 'resumed', id });
  });

  it('staff to staff: a code with purpose and note; the draft is with the citizen until it is used', async () => {
    const { hands, draft } = await claimed();
    const handed = { application: draft.id, id: randomUUID(), codeHash: randomBytes(32), factorKind: 'pin', factorHash: randomBytes(32) };
    expect(
      await handOnDraft(store, { ...hands, ...handed, purpose: 'appointment on Friday', note: Buffer.from('sealed'), lasts: 86_400_000 }),
    ).toBe(true);
    expect((await load(draft))?.custody).toBe('citizen');
    const colleague = await handsIn(store, HOME);
    expect(await handsOn(store, colleague, { draft, ...handed })).toMatchObject({
      outcome: 'claimed',
      application: draft.id,
      purpose: 'appointment on Friday',
      note: Buffer.from('sealed'),
    });
  });

  it('who holds the draft may hand it in, and the audit names them', async () => {
    const { hands, draft } = await claimed();
    const submit = { ...submitOf(draft), sessionHash: hands.staff };
    expect((await submitApplication(store, submit)).outcome).toBe('submitted');
    expect((await submitApplication(store, submit)).outcome).toBe('replayed');
    const { rows } = await owner.query(`select actor from audit where subject = $1 and action = 'submit'`, [draft.id]);
    expect(rows[0].actor).toMatch(/^staff:/);
    expect(await actions(draft.id)).toEqual(['claim', 'submit']);
  });

  it('R14: citizen and clerk write at the same moment: nothing is overwritten in silence, and the audit names both', async () => {
    const hands = await handsIn(store, HOME, 'Erika Amt');
    const draft = await draftIn(store, HOME);
    let revision = 1;
    const acknowledged: string[] = [];
    for (let round = 0; round < 50; round += 1) {
      const given = await handedOver(store, draft);
      const before = revision;
      const [mine, claim] = await Promise.all([citizenSaves(draft, before, `citizen ${round}`), handsOn(store, hands, given)]);
      expect(claim.outcome).toBe('claimed');
      if (mine.outcome === 'saved') acknowledged.push(`citizen ${round}`);
      const [theirs, late] = await Promise.all([
        clerkSaves(hands, draft.id, before, `clerk ${round}`),
        citizenSaves(draft, before, 'too late'),
      ]);
      expect(late.outcome).toBe('stale');
      // somebody was first, and whoever was second knows it
      expect(theirs.outcome).toBe(mine.outcome === 'saved' ? 'stale' : 'saved');
      if (theirs.outcome === 'saved') acknowledged.push(`clerk ${round}`);
      revision = before + 1;
      expect((await load(draft))?.content?.toString()).toBe(acknowledged.at(-1));
      await releaseDrafts(store, hands);
    }
    const { rows } = await owner.query<{ actor: string; n: number }>(
      `select split_part(actor, ':', 1) as actor, count(*)::int as n from audit where subject = $1 and action = 'save' group by 1`,
      [draft.id],
    );
    expect(rows.reduce((sum, { n }) => sum + n, 0)).toBe(revision - 1);
    expect(acknowledged).toHaveLength(50);
    expect(rows.map(({ actor }) => actor).sort()).toEqual(['citizen', 'staff']);
  });
});

describe('as the portal, over raw SQL', () => {
  const asApp = async (statement: string, values: unknown[] = []) => {
    const client = new pg.Client({ connectionString: url, options: '-c role=schalter_app' });
    await client.connect();
    try {
      await client.query('begin');
      await client.query(`select set_config('app.municipality', $1, true)`, [HOME]);
      return await client.query(statement, values);
    } finally {
      await client.end();
    }
  };

  it('no draft can be listed, counted, found, changed or made', async () => {
    const { draft } = await claimed();
    expect((await asApp(`select count(*)::int as n from application where lifecycle = 'draft'`)).rows).toEqual([{ n: 0 }]);
    expect((await asApp(`select 1 from application where id = $1`, [draft.id])).rowCount).toBe(0);
    expect((await asApp(`update application set custody = 'citizen' where id = $1`, [draft.id])).rowCount).toBe(0);
    expect((await asApp(`delete from application where id = $1`, [draft.id])).rowCount).toBe(0);
    for (const table of ['session', 'handover', 'file', 'file_chunk', 'audit', 'access_log', 'access_log_head'])
      await expect(asApp(`select count(*) from ${table}`), table).rejects.toMatchObject({ code: '42501' });
    const copy = `insert into application (id, municipality, service, flow_hash, channel, language, started_on, key_epoch, wrapped_key, content)
      values (gen_random_uuid(), '${HOME}', 'dog-tax', 'hash-1', 'online', 'de', now(), 'e', '', '')`;
    await expect(asApp(copy)).rejects.toMatchObject({ code: '42501' });
  });

  it('every function that knows drafts asks for a secret of one draft; the inner ones are closed', async () => {
    const { rows } = await owner.query<{ name: string; args: string[]; open: boolean }>(
      `select p.proname as name, p.proargnames as args, has_function_privilege('schalter_app', p.oid, 'execute') as open
       from pg_proc p where p.pronamespace = 'public'::regnamespace and pg_get_userbyid(p.proowner) = 'schalter_drafts' order by 1`,
    );
    expect(rows.length).toBeGreaterThan(25);
    const secrets = ['p_session_hash', 'p_id_hash', 'p_old', 'p_staff', 'p_resume_hash', 'p_application', 'p_id', 'p_file'];
    const withoutSecret = rows.filter(({ args, open }) => open && !args.some((arg) => secrets.includes(arg))).map(({ name }) => name);
    // the chain of the log itself, which has no answers
    expect(withoutSecret).toEqual(['access_log_page']);
    expect(rows.filter(({ open }) => !open).map(({ name }) => name)).toEqual([
      'delivery_clerk',
      'held_draft',
      'let_go',
      'new_file',
      'note_access',
      'staff_gone',
      'staff_of',
    ]);
    for (const name of ['held_draft', 'let_go', 'note_access', 'staff_of'])
      await expect(
        asApp(
          `select ${name}(${rows
            .find((row) => row.name === name)!
            .args.filter((arg) => arg.startsWith('p_'))
            .map(() => 'null')
            .join(', ')})`,
        ),
        name,
      ).rejects.toMatchObject({
        code: '42501',
      });
  });

  it('nobody writes into the log by hand, and what is in it stays', async () => {
    await claimed();
    await expect(asApp(`insert into access_log select * from access_log`)).rejects.toMatchObject({ code: '42501' });
    for (const statement of [`update access_log set purpose = 'x'`, `delete from access_log`, `truncate access_log`])
      await expect(owner.query(statement), statement).rejects.toThrow('access_log only grows');
  });
});

it('killed in the middle of a claim: nothing of it is there, neither custody nor a used code nor a row of the log', async () => {
  const given = await handedOver(store, await draftIn(store, HOME));
  const hands = await handsIn(store, HOME);
  const client = new pg.Client({ connectionString: url, options: '-c role=schalter_app' });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('begin');
  const { rows: claim } = await client.query(`select outcome, pg_backend_pid() as pid from claim_draft($1, $2, $3, $4, 'x')`, [
    HOME,
    hands.staff,
    given.codeHash,
    [given.factorHash],
  ]);
  expect(claim[0].outcome).toBe('claimed');
  // another station waits for the outcome, and has it
  const waiting = handsOn(store, await handsIn(store, HOME, 'Two'), given);
  await owner.query(`select pg_terminate_backend($1)`, [claim[0].pid]);
  expect((await waiting).outcome).toBe('claimed');
  expect(await custodyOf(store, own(given.draft))).toMatchObject({ name: 'Two' });
  expect((await log(given.draft.id)).map(({ actor_name, action }) => [actor_name, action])).toEqual([['Two', 'claim']]);
  await client.end().catch(() => undefined);
});

it('a claim that idled counts as returned for the next code too', async () => {
  const { draft } = await claimed();
  await idles(draft.id);
  expect((await handsOn(store, await handsIn(store, HOME), await handedOver(store, draft))).outcome).toBe('claimed');
});
