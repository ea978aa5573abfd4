/**
 * Saving asks by itself whether the session lives, so that a process which holds the newest revision needs no look at the database before it.
 * The function with nine arguments stays for nodes of the version before.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- outcomes as before; 'gone' also when the session has ended or was not used for p_idle
    create function save_draft(p_municipality text, p_session_hash bytea, p_id uuid, p_revision int, p_content bytea, p_language text,
                               p_keep interval, p_actor text, p_action text, p_idle interval)
      returns table (outcome text, revision int) language plpgsql as $$
    begin
      perform set_config('app.municipality', p_municipality, true);
      perform 1 from session s
        where s.municipality = p_municipality and s.id_hash = p_session_hash and s.expires_at > now() and s.seen_at > now() - p_idle;
      if not found then
        return query select 'gone', null::int;
        return;
      end if;
      return query select * from save_draft(p_municipality, p_session_hash, p_id, p_revision, p_content, p_language, p_keep, p_actor, p_action);
    end $$;
    revoke execute on function save_draft(text, bytea, uuid, int, bytea, text, interval, text, text, interval) from public;
    grant execute on function save_draft(text, bytea, uuid, int, bytea, text, interval, text, text, interval) to schalter_app;
  `.execute(db);
}
