/**
 * What every table gets: forced row-level security by municipality, and only the grants the portal needs. Written once here so that no
 * table can forget it; the test beside `store` walks `information_schema` and tries every table.
 */
import { type Kysely, sql } from 'kysely';

type Grant = 'select' | 'insert' | 'update' | 'delete';

const grants = { select: sql`select`, insert: sql`insert`, update: sql`update`, delete: sql`delete` } as const;

export interface Protection {
  /** What the portal's role may do. An append-only table gets no `update` and no `delete`. */
  app: readonly Grant[];
  /** Columns the portal may update where it may not update whole rows. */
  appColumns?: readonly string[];
  /** What the `security definer` functions that look across municipalities may do. */
  worker?: readonly Grant[];
}

/** Puts `table` under row-level security. Call it right after `create table`. */
export async function protect(db: Kysely<unknown>, table: string, { app, appColumns = [], worker = [] }: Protection): Promise<void> {
  const name = sql.table(table);
  await sql`alter table ${name} enable row level security, force row level security`.execute(db);
  await sql`create policy municipality on ${name} using (municipality = current_setting('app.municipality', true))`.execute(db);
  await sql`alter table ${name} add check (municipality <> '')`.execute(db);
  if (app.length > 0) await sql`grant ${sql.join(app.map((grant) => grants[grant]))} on ${name} to schalter_app`.execute(db);
  if (appColumns.length > 0) {
    const columns = sql.join(appColumns.map((column) => sql.ref(column)));
    await sql`grant update (${columns}) on ${name} to schalter_app`.execute(db);
  }
  if (worker.length > 0) {
    await sql`create policy worker on ${name} to schalter_worker using (true)`.execute(db);
    await sql`grant ${sql.join(worker.map((grant) => grants[grant]))} on ${name} to schalter_worker`.execute(db);
  }
}
