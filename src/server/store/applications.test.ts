import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { testDatabase } from '../../../tests/postgres.ts';
import {
  claimPeriodic,
  createSession,
  deliveryFigures,
  discardDraft,
  hitLimit,
  keepDraft,
  loadDraft,
  loadFlow,
  recordStatus,
  renewSession,
  resumeDraft,
  saveDraft,
  sessionHash,
  startDraft,
  submitApplication,
  sweepExpired,
  timeline,
  touchSession,
} from './index.ts';
import { draftIn, limits, submitOf } from './rows.fixture.ts';

const { store, owner } = await testDatabase();
const municipality = 'musterstadt';
const audits = async (subject: string) =>
  (await owner.query(`select action from audit where subject = $1 order by id`, [subject])).rows.map((row) => row.action);

describe('drafts', () => {
  it('saves over the revision that was read, and nothing else', async () => {
    const draft = await draftIn(store, municipality);
    const save = (revision: number, text: string) =>
      saveDraft(store, { ...draft, revision, content: Buffer.from(text), keepDays: 30, idle: 3_600_000 });
    expect(await save(1, 'first')).toEqual({ outcome: 'saved', revision: 2, wait: null });
    expect(await save(1, 'second tab')).toEqual({ outcome: 'stale', revision: 2, wait: null });
    const row = await loadDraft(store, { ...draft, idle: limits.idle });
    expect(row).toMatchObject({ revision: 2, kept: false });
    expect(row?.content?.toString()).toBe('first');
    expect(await audits(draft.id)).toEqual(['start', 'save']);
  });

  it('R13: of two tabs one wins each round, and no audit row lies', async () => {
    const draft = await draftIn(store, municipality);
    for (let round = 1; round <= 50; round += 1) {
      const content = (tab: string) => Buffer.from(`${tab} ${round}`);
      const results = await Promise.all(
        ['a', 'b'].map((tab) => saveDraft(store, { ...draft, revision: round, content: content(tab), keepDays: 30, idle: 3_600_000 })),
      );
      expect(results.map((result) => result.outcome).sort()).toEqual(['saved', 'stale']);
    }
    expect((await audits(draft.id)).length).toBe(51);
  });

  it('does not send content that the caller holds', async () => {
    const draft = await draftIn(store, municipality);
    const load = (revision: number) => loadDraft(store, { ...draft, idle: limits.idle, have: { id: draft.id, revision } });
    expect((await load(1))?.content).toBeNull();
    expect((await load(2))?.content).toBeInstanceOf(Buffer);
  });

  it('a session has one draft of a service, however many requests start it', async () => {
    const draft = await draftIn(store, municipality);
    const again = () =>
      startDraft(store, {
        ...draft,
        id: randomUUID(),
        flowHash: 'hash-1',
        channel: 'online',
        language: 'de',
        startedOn: '2026-11-24',
        keyEpoch: 'e',
        wrappedKey: Buffer.alloc(1),
        content: Buffer.alloc(1),
        keepDays: 1,
      });
    for (const started of await Promise.all([again(), again(), again()]))
      expect(started).toEqual({ outcome: 'exists', id: draft.id, revision: 1 });
  });

  it('a dead session reaches nothing', async () => {
    const draft = await draftIn(store, municipality);
    await owner.query(`update session set expires_at = now() where id_hash = $1`, [draft.sessionHash]);
    expect(await loadDraft(store, { ...draft, idle: limits.idle })).toBeUndefined();
    expect(await touchSession(store, municipality, draft.sessionHash, limits)).toBe(false);
    expect(await renewSession(store, municipality, draft.sessionHash, limits)).toBeUndefined();
  });

  it('a renewed session takes its drafts along; the old id is dead', async () => {
    const draft = await draftIn(store, municipality);
    const renewed = await renewSession(store, municipality, draft.sessionHash, limits);
    expect(renewed).toBeDefined();
    expect(sessionHash(renewed!.id)).toEqual(renewed!.hash);
    expect(await loadDraft(store, { ...draft, idle: limits.idle })).toBeUndefined();
    expect(await loadDraft(store, { ...draft, sessionHash: renewed!.hash, idle: limits.idle })).toMatchObject({ id: draft.id });
  });

  it('a kept draft comes back with code and factor, and with neither alone', async () => {
    const draft = await draftIn(store, municipality);
    const resumeHash = randomBytes(32);
    const factorHash = randomBytes(32);
    expect(await keepDraft(store, { ...draft, resumeHash, factorKind: 'birthDate', factorHash, keepDays: 30 })).toBe(true);
    const { hash } = await createSession(store, municipality, limits);
    const wanted = { municipality, resumeHash, factorHash, sessionHash: hash };
    expect((await resumeDraft(store, { ...wanted, factorHash: randomBytes(32) })).outcome).toBe('unknown');
    expect((await resumeDraft(store, { ...wanted, resumeHash: randomBytes(32) })).outcome).toBe('unknown');
    expect(await resumeDraft(store, wanted)).toEqual({ outcome: 'resumed', id: draft.id, service: draft.service });
    expect(await loadDraft(store, { ...draft, sessionHash: hash, idle: limits.idle })).toMatchObject({ kept: true });
    expect(await loadDraft(store, { ...draft, idle: limits.idle })).toBeUndefined();
  });

  it('asks before a resumed draft pushes away one without a code', async () => {
    const kept = await draftIn(store, municipality);
    const other = await draftIn(store, municipality);
    const hashes = { resumeHash: randomBytes(32), factorHash: randomBytes(32) };
    await keepDraft(store, { ...kept, ...hashes, factorKind: 'birthDate', keepDays: 30 });
    const wanted = { municipality, ...hashes, sessionHash: other.sessionHash };
    expect((await resumeDraft(store, wanted)).outcome).toBe('occupied');
    expect((await resumeDraft(store, { ...wanted, replace: true })).outcome).toBe('resumed');
  });

  it('discards only its own', async () => {
    const mine = await draftIn(store, municipality);
    const theirs = await draftIn(store, municipality);
    expect(await discardDraft(store, municipality, theirs.sessionHash, mine.id)).toBe(false);
    expect(await discardDraft(store, municipality, mine.sessionHash, mine.id)).toBe(true);
  });

  it('keeps the pinned flow', async () => {
    await draftIn(store, municipality);
    expect(await loadFlow(store, municipality, 'hash-1')).toEqual({ id: 'dog-tax' });
  });
});

describe('handing in', () => {
  it('R15: ten parallel requests, one submission', async () => {
    const draft = await draftIn(store, municipality);
    const submit = submitOf(draft, ['office', 'archive']);
    // every request makes its own ids, as ten processes would
    const results = await Promise.all(
      Array.from({ length: 10 }, () =>
        submitApplication(store, { ...submitOf(draft, ['office', 'archive']), idempotencyKey: submit.idempotencyKey }),
      ),
    );
    expect(results.filter((result) => result.outcome === 'submitted')).toHaveLength(1);
    expect(results.filter((result) => result.outcome === 'replayed')).toHaveLength(9);
    expect(new Set(results.map((result) => `${result.id} ${result.reference}`)).size).toBe(1);
    const { rows } = await owner.query(
      `select (select count(*)::int from submission where application_id = $1) as submissions,
              (select count(*)::int from delivery d join submission s on s.id = d.submission_id where s.application_id = $1) as deliveries`,
      [draft.id],
    );
    expect(rows[0]).toEqual({ submissions: 1, deliveries: 2 });
    expect((await audits(draft.id)).filter((action) => action === 'submit')).toHaveLength(1);
    expect((await timeline(store, municipality, results[0]!.id!)).map((event) => event.status)).toEqual(['submitted']);
  });

  it('needs the revision that was reviewed, a free reference and a destination', async () => {
    const draft = await draftIn(store, municipality);
    expect(await submitApplication(store, submitOf(draft, ['office'], 7))).toMatchObject({ outcome: 'stale', revision: 1 });
    const first = submitOf(draft);
    await submitApplication(store, first);
    const second = await draftIn(store, municipality);
    expect((await submitApplication(store, { ...submitOf(second), reference: first.reference })).outcome).toBe('reference-taken');
    expect((await submitApplication(store, submitOf(second))).outcome).toBe('submitted');
    await expect(submitApplication(store, submitOf(draft, []))).rejects.toThrow(RangeError);
    // and a stranger's session gets nothing
    expect((await submitApplication(store, { ...submitOf(draft), sessionHash: second.sessionHash })).outcome).toBe('gone');
  });

  it('cannot be changed or deleted afterwards', async () => {
    const draft = await draftIn(store, municipality);
    await submitApplication(store, submitOf(draft));
    expect(await saveDraft(store, { ...draft, revision: 1, content: Buffer.from('x'), keepDays: 30, idle: 3_600_000 })).toMatchObject({
      outcome: 'submitted',
    });
    expect(await discardDraft(store, municipality, draft.sessionHash, draft.id)).toBe(false);
  });

  it('R16: news are recorded once and never turn the lifecycle back', async () => {
    const draft = await draftIn(store, municipality);
    const { id } = await submitApplication(store, submitOf(draft));
    const news = (status: string, externalId: string, from: string[]) =>
      recordStatus(store, {
        municipality,
        submission: id!,
        status,
        at: new Date(),
        source: 'office',
        textKey: null,
        textSealed: null,
        externalId,
        lifecycle: { to: status, from },
      });
    expect(await news('received', '1', ['submitted', 'forwarded'])).toEqual({ outcome: 'recorded', lifecycle: 'received' });
    expect(await news('decided', '2', ['received'])).toEqual({ outcome: 'recorded', lifecycle: 'decided' });
    expect(await news('received', '1', ['submitted', 'forwarded'])).toEqual({ outcome: 'replayed', lifecycle: 'decided' });
    expect(await news('received', '3', ['submitted', 'forwarded'])).toEqual({ outcome: 'recorded', lifecycle: 'decided' });
    expect((await timeline(store, municipality, id!)).length).toBe(4);
    const unknown = await recordStatus(store, {
      municipality,
      submission: randomUUID(),
      status: 'received',
      at: new Date(),
      source: 'x',
      textKey: null,
      textSealed: null,
      externalId: '1',
    });
    expect(unknown).toEqual({ outcome: 'unknown', lifecycle: null });
  });
});

describe('the clock', () => {
  it('deletes what is due and only that', async () => {
    const due = await draftIn(store, municipality);
    const running = await draftIn(store, municipality);
    const handedIn = await draftIn(store, municipality);
    await submitApplication(store, submitOf(handedIn));
    await owner.query(
      `insert into file (id, municipality, application_id, field_path, name_sealed, mime) values (gen_random_uuid(), $1, $2, 'f', '', 'x')`,
      [municipality, due.id],
    );
    await owner.query(`update application set expires_at = now() - interval '1 second' where id = $1`, [due.id]);
    // whatever happened, a clock cannot even be set for something handed in
    await expect(owner.query(`update application set expires_at = now() where id = $1`, [handedIn.id])).rejects.toMatchObject({
      code: '23514',
    });
    expect((await sweepExpired(store, limits.idle)).drafts).toBe(1);
    const { rows } = await owner.query(`select id from application where id = any($1)`, [[due.id, running.id, handedIn.id]]);
    expect(rows.map((row) => row.id).sort()).toEqual([running.id, handedIn.id].sort());
    expect((await owner.query(`select 1 from file where application_id = $1`, [due.id])).rowCount).toBe(0);
    expect(await audits(due.id)).toContain('expire');
    for (const totals of await deliveryFigures(store))
      expect(totals.submitted).toBe(totals.queued + totals.sending + totals.delivered + totals.parked + totals.unknown);
  });

  it('S22: a limit is exact over parallel callers, and per municipality', async () => {
    const key = randomBytes(32);
    const waits = await Promise.all(Array.from({ length: 100 }, () => hitLimit(store, municipality, key, 20, 60_000)));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(20);
    expect(Math.max(...waits)).toBeGreaterThan(50);
    expect(await hitLimit(store, 'nachbarstadt', key, 20, 60_000)).toBe(0);
    await owner.query(`update rate_limit set window_end = now() where municipality = $1`, [municipality]);
    expect(await hitLimit(store, municipality, key, 20, 60_000)).toBe(0);
  });

  it('periodic work has one taker', async () => {
    const takers = await Promise.all(Array.from({ length: 8 }, () => claimPeriodic(store, 'sweep', 60_000)));
    expect(takers.filter(Boolean)).toHaveLength(1);
  });
});
