/** Brings a database to this program's version: all pending migrations under one advisory lock, in one transaction. */
import { Kysely, PostgresDialect, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { Pool } from 'pg';
import * as rolesAndAudit from './0001-roles-and-audit.ts';
import * as applications from './0002-applications.ts';
import * as files from './0003-files.ts';
import * as submissions from './0004-submissions.ts';
import * as deliveries from './0005-deliveries.ts';
import * as deliveryFunctions from './0006-delivery-functions.ts';
import * as housekeeping from './0007-housekeeping.ts';
import * as deliveryFigures from './0008-delivery-figures.ts';
import * as saveAsksTheSession from './0009-save-asks-the-session.ts';
import * as staff from './0010-staff.ts';
import * as custody from './0011-custody.ts';
import * as custodyFunctions from './0012-custody-functions.ts';
import * as counterFiles from './0013-counter-files.ts';
import * as finishing from './0014-finishing.ts';
import * as acceptance from './0016-acceptance.ts';
import * as deliveriesDesk from './0017-deliveries-desk.ts';
import * as prints from './0018-prints.ts';
import * as claimPlans from './0019-claim-plans.ts';
import * as wholeFiles from './0020-whole-files.ts';
import * as answers from './0021-answers.ts';
import * as restored from './0022-restored.ts';
import * as saveInOne from './0027-save-in-one.ts';
import * as saveLimit from './0028-save-limit.ts';
import * as restricted from './0029-restricted.ts';

const migrations: Record<string, Migration> = {
  '0001-roles-and-audit': rolesAndAudit,
  '0002-applications': applications,
  '0003-files': files,
  '0004-submissions': submissions,
  '0005-deliveries': deliveries,
  '0006-delivery-functions': deliveryFunctions,
  '0007-housekeeping': housekeeping,
  '0008-delivery-figures': deliveryFigures,
  '0009-save-asks-the-session': saveAsksTheSession,
  '0010-staff': staff,
  '0011-custody': custody,
  '0012-custody-functions': custodyFunctions,
  '0013-counter-files': counterFiles,
  '0014-finishing': finishing,
  '0016-acceptance': acceptance,
  '0017-deliveries-desk': deliveriesDesk,
  '0018-prints': prints,
  '0019-claim-plans': claimPlans,
  '0020-whole-files': wholeFiles,
  '0021-answers': answers,
  '0022-restored': restored,
  '0027-save-in-one': saveInOne,
  '0028-save-limit': saveLimit,
  '0029-restricted': restricted,
};

/** kysely's own two tables stay out of `public`, where the portal's role has no business with them. */
const schema = 'schalter_migration';

/** Names of the migrations this database still needs, in order. */
export async function pendingMigrations(owner: Pool): Promise<string[]> {
  const { rows: known } = await owner.query<{ there: boolean }>(`select to_regclass($1) is not null as there`, [
    `${schema}.kysely_migration`,
  ]);
  if (!known[0]?.there) return Object.keys(migrations);
  const { rows } = await owner.query<{ name: string }>(`select name from ${schema}.kysely_migration`);
  const applied = new Set(rows.map((row) => row.name));
  return Object.keys(migrations).filter((name) => !applied.has(name));
}

/**
 * Applies what is pending and gives the names. Killed at any moment, nothing of it stays. A database that is newer than this program (an old
 * node during a rolling update) is left as it is.
 * @throws whatever PostgreSQL said about the migration that failed
 */
export async function migrate(owner: Pool): Promise<string[]> {
  if ((await pendingMigrations(owner)).length === 0) return [];
  // The migrator never ends the pool: it belongs to the caller.
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: owner }) });
  // Two portals starting on an empty database: `create schema if not exists` races in PostgreSQL, so the second waits here.
  await db.connection().execute(async (connection) => {
    await sql`select pg_advisory_lock(hashtext('schalter_migration'))`.execute(connection);
    try {
      await sql`create schema if not exists schalter_migration`.execute(connection);
    } finally {
      await sql`select pg_advisory_unlock(hashtext('schalter_migration'))`.execute(connection);
    }
  });
  const migrator = new Migrator({ db, provider: { getMigrations: () => Promise.resolve(migrations) }, migrationTableSchema: schema });
  const { error, results } = await migrator.migrateToLatest();
  if (error) throw error;
  return (results ?? []).map((result) => result.migrationName);
}
