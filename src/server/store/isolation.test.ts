/** S2: forced row-level security on every table there is; a new table without it fails here. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { silent, testDatabase } from '../../../tests/postgres.ts';
import {
  addSummary,
  claimDeliveries,
  createStaffSession,
  deliveryFigures,
  findSubmission,
  loadDraft,
  resumeDraft,
  openStore,
  saveDraft,
  submitApplication,
  sweepExpired,
} from './index.ts';
import { draftIn, handedOver, handsIn, handsOn, limits, submitOf } from './rows.fixture.ts';

const { store, owner, url } = await testDatabase();
const { rows: tables } = await owner.query<{ name: string }>(
  `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`,
);
const draft = await draftIn(store, 'musterstadt');
const handedIn = await draftIn(store, 'musterstadt');
const submit = submitOf(handedIn);
await submitApplication(store, submit);
await createStaffSession(store, 'musterstadt', { subject: 's', name: 'n', roles: [] }, limits);
// a row in every table that none of this filled
await owner.query(
  `insert into file (id, municipality, application_id, field_path, name_sealed, mime) values (gen_random_uuid(), 'musterstadt', $1, 'f', '', 'application/pdf')`,
  [draft.id],
);
await owner.query(`insert into file_chunk (municipality, file_id, n, bytes) select municipality, id, 0, 'x' from file`);
await owner.query(
  `insert into delivery_attempt (municipality, delivery_id, n, started_at, outcome) select municipality, id, 1, now(), 'retry' from delivery`,
);
await owner.query(
  `insert into followup (id, municipality, submission_id, destination, event_id, n, channel, contents, payload_sha256, answered_at)
   select gen_random_uuid(), e.municipality, e.submission_id, 'office', e.id, 1, 'online', '', sha256(''), now() from status_event e limit 1`,
);
await owner.query(
  `insert into redirection (id, municipality, submission_id, delivery_id, source, target, reason, proposed_by, proposed_name)
   select gen_random_uuid(), municipality, submission_id, id, destination, 'elsewhere', 'outage', 's', 'n' from delivery`,
);
await owner.query(
  `insert into delivery_proof (municipality, delivery_id, source_id, kind, sealed) select municipality, id, 'x', 'accepted', 'x' from delivery`,
);
await owner.query(`insert into rate_limit values ('musterstadt', 'k', now(), now() + interval '1 hour', 1)`);
await owner.query(`insert into periodic (municipality, name) values ('musterstadt', 'x')`);
const hands = await handsIn(store, 'musterstadt');
await handsOn(store, hands, await handedOver(store, await draftIn(store, 'musterstadt')));
/** Tables that tell of drafts, and the worker's own: the portal reaches them through functions only. */
const closed = new Set(['periodic', 'audit', 'session', 'file', 'file_chunk', 'handover', 'access_log', 'access_log_head']);

const asApp = async (municipality: string | undefined, statement: string) => {
  const client = new pg.Client({ connectionString: url, options: '-c role=schalter_app' });
  await client.connect();
  try {
    await client.query('begin');
    if (municipality) await client.query(`select set_config('app.municipality', $1, true)`, [municipality]);
    return await client.query(statement);
  } finally {
    await client.end();
  }
};

describe(`row-level security on ${tables.length} tables: none seen from elsewhere, none written (42501)`, () => {
  it('knows the tables', () => {
    expect(tables.length).toBeGreaterThan(12);
  });

  describe.each(tables)('$name', ({ name }) => {
    it('is forced, and the portal owns nothing', async () => {
      const { rows } = await owner.query(
        `select relrowsecurity as on, relforcerowsecurity as forced, pg_get_userbyid(relowner) as owner from pg_class where oid = $1::regclass`,
        [name],
      );
      expect(rows[0]).toMatchObject({ on: true, forced: true });
      expect(rows[0].owner).not.toMatch(/^schalter_(app|worker)$/);
    });

    it('shows a row to its municipality only', async () => {
      const { rows } = await owner.query(`select count(*)::int as n from ${name}`);
      expect(rows[0].n, 'the test needs a row').toBeGreaterThan(0);
      if (closed.has(name)) {
        await expect(asApp('musterstadt', `select * from ${name}`)).rejects.toMatchObject({ code: '42501' });
        return;
      }
      expect((await asApp('musterstadt', `select * from ${name}`)).rowCount).toBeGreaterThan(0);
      expect((await asApp('nachbarstadt', `select * from ${name}`)).rowCount).toBe(0);
      expect((await asApp(undefined, `select * from ${name}`)).rowCount).toBe(0);
    });

    it('takes no row for another municipality', async () => {
      const { rows } = await owner.query<{ columns: string }>(
        `select string_agg(quote_ident(column_name), ', ') as columns from information_schema.columns
         where table_name = $1 and column_name <> 'municipality' and is_identity = 'NO'`,
        [name],
      );
      const columns = rows[0]?.columns;
      const copy = `insert into ${name} (municipality, ${columns}) select 'nachbarstadt', ${columns} from ${name} limit 1`;
      await expect(
        asApp('musterstadt', name === 'periodic' ? `insert into periodic (municipality, name) values ('nachbarstadt', 'y')` : copy),
      ).rejects.toMatchObject({
        code: '42501',
      });
    });
  });

  it.each(['audit', 'access_log', 'status_event', 'delivery_attempt', 'delivery_proof', 'flow_version', 'followup'])(
    '%s only grows',
    async (name) => {
      await expect(asApp('musterstadt', `update ${name} set municipality = municipality`)).rejects.toMatchObject({ code: '42501' });
      await expect(asApp('musterstadt', `delete from ${name}`)).rejects.toMatchObject({ code: '42501' });
    },
  );

  it('a submission is frozen, but for a summary that is still missing', async () => {
    await expect(asApp('musterstadt', `update submission set payload = 'x'`)).rejects.toMatchObject({ code: '42501' });
    await expect(asApp('musterstadt', `delete from submission`)).rejects.toMatchObject({ code: '42501' });
    expect(await addSummary(store, 'musterstadt', submit.id, Buffer.from('one'))).toBe(true);
    expect(await addSummary(store, 'musterstadt', submit.id, Buffer.from('two'))).toBe(false);
  });

  it('a municipality cannot be left by the functions either', async () => {
    const idle = limits.idle;
    const { sessionHash, service } = draft;
    expect(await loadDraft(store, { municipality: 'nachbarstadt', sessionHash, service, idle })).toBeUndefined();
    expect(await loadDraft(store, { municipality: 'musterstadt', sessionHash, service, idle })).toMatchObject({
      id: draft.id,
      startedOn: '2026-11-24',
    });
    const saved = await saveDraft(store, {
      ...draft,
      municipality: 'nachbarstadt',
      revision: 1,
      content: Buffer.from('x'),
      keepDays: 30,
      idle: 3_600_000,
    });
    expect(saved.outcome).toBe('gone');
    expect(await findSubmission(store, 'nachbarstadt', submit.reference, submit.factorHash!)).toBeUndefined();
    expect(await findSubmission(store, 'musterstadt', submit.reference, Buffer.alloc(32))).toBeUndefined();
    expect(await findSubmission(store, 'musterstadt', submit.reference, submit.factorHash!)).toMatchObject({
      id: submit.id,
      lifecycle: 'submitted',
    });
    expect(
      (await resumeDraft(store, { municipality: 'nachbarstadt', resumeHash: Buffer.alloc(32), factorHash: Buffer.alloc(32), sessionHash }))
        .outcome,
    ).toBe('no-session');
  });

  it('the portal cannot become the owner or the worker', async () => {
    const client = new pg.Client({ connectionString: url, options: '-c role=schalter_app' });
    await client.connect();
    await client.query('reset role');
    expect((await client.query('select current_user as me')).rows[0].me).toBe('schalter_app');
    await client.end();
    const { rows } = await owner.query(
      `select pg_has_role('schalter_app', 'schalter_worker', 'member') as member, rolbypassrls, rolsuper from pg_roles where rolname = 'schalter_app'`,
    );
    expect(rows[0]).toEqual({ member: false, rolbypassrls: false, rolsuper: false });
  });
});

describe('a server of its own (DATABASE_URL)', () => {
  it('needs no superuser: the owner sees nothing, and the functions across municipalities still work', async () => {
    const name = `plain_${randomBytes(4).toString('hex')}`;
    await owner.query(`create role ${name} login createrole`);
    await owner.query(`create database ${name} owner ${name}`);
    // The roles exist on this server; alone on its own, the owner would make them and get this by that. (PostgreSQL 15: by createrole.)
    const { rows: version } = await owner.query(`select current_setting('server_version_num')::int as n`);
    if (version[0].n >= 160_000)
      await owner.query(`grant schalter_app, schalter_worker, schalter_drafts to ${name} with admin true, inherit false, set false`);
    const address = new URL(url.replace('@/', '@localhost/'));
    const plainUrl = `postgres://${name}@/${name}${address.search}`;
    const plain = await openStore({ databaseUrl: plainUrl, dataDir: '', logger: silent });
    const asOwner = new pg.Client({ connectionString: plainUrl });
    try {
      const given = submitOf(await draftIn(plain, 'musterstadt'));
      await draftIn(plain, 'musterstadt');
      await submitApplication(plain, { ...given, application: given.application });
      expect(await claimDeliveries(plain, 5, 1_000)).toMatchObject([{ submission: given.id }]);
      expect(await deliveryFigures(plain)).toMatchObject([{ municipality: 'musterstadt', submitted: 1, sending: 1 }]);
      await asOwner.connect();
      expect((await asOwner.query('select * from application')).rowCount).toBe(0);
      await asOwner.query(
        `begin; alter table application no force row level security; update application set expires_at = now() where lifecycle = 'draft'; alter table application force row level security; commit`,
      );
      expect((await sweepExpired(plain, limits.idle)).drafts).toBe(1);
    } finally {
      await asOwner.end();
      await plain.close();
      await owner.query(`drop database ${name} with (force)`);
      await owner.query(`drop owned by ${name}`);
      await owner.query(`drop role ${name}`);
    }
  });
});
