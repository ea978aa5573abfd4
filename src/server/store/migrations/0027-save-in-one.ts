/**
 * Saving in one function with one row as its result: the function that asked for the session called the one that saved, each kept a set of rows for
 * its single answer, and a save is what the database does most often (a fifth of its time in the database, measured).
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then grant schalter_drafts to current_user; end if;
    end $$;
    grant create on schema public to schalter_drafts;
    drop function save_draft(text, bytea, uuid, int, bytea, text, interval, text, text, interval);
    drop function save_draft(text, bytea, uuid, int, bytea, text, interval, text, text);

    -- outcome: 'saved' with the new revision; 'stale' with the one that is there, which is the one that was read when the draft is in other hands;
    -- 'submitted'; 'gone' (no such draft of this session, or the session has ended or was not used for p_idle)
    create function save_draft(p_municipality text, p_session_hash bytea, p_id uuid, p_revision int, p_content bytea, p_language text,
                               p_keep interval, p_actor text, p_action text, p_idle interval, out outcome text, out revision int)
      language plpgsql security definer set search_path = public, pg_temp as $$
    #variable_conflict use_column
    declare was record;
    begin
      perform set_config('app.municipality', p_municipality, true);
      outcome := 'gone';
      if not exists (select from session s
          where s.municipality = p_municipality and s.id_hash = p_session_hash and s.expires_at > now() and s.seen_at > now() - p_idle) then
        return;
      end if;
      -- expires_at moves once an hour only: while no indexed column changes, the update stays on its page (HOT)
      update application a
        set content = p_content, revision = a.revision + 1, language = coalesce(p_language, a.language), updated_at = now(),
            expires_at = date_trunc('hour', now()) + p_keep
        where a.id = p_id and a.municipality = p_municipality and a.session_hash = p_session_hash and a.revision = p_revision
          and a.lifecycle = 'draft' and (a.expires_at is null or a.expires_at > now()) and not at_counter(a);
      if found then
        insert into audit (municipality, actor, action, subject, detail)
          values (p_municipality, p_actor, p_action, p_id::text, jsonb_build_object('revision', p_revision + 1));
        outcome := 'saved';
        revision := p_revision + 1;
        return;
      end if;
      select a.revision, a.lifecycle into was from application a
        where a.id = p_id and a.municipality = p_municipality and a.session_hash = p_session_hash and (a.expires_at is null or a.expires_at > now());
      if not found then return; end if;
      outcome := case when was.lifecycle <> 'draft' then 'submitted' else 'stale' end;
      revision := was.revision;
    end $$;
    revoke execute on function save_draft from public;
    grant execute on function save_draft to schalter_app;
    alter function save_draft owner to schalter_drafts;
    revoke create on schema public from schalter_drafts;
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then revoke schalter_drafts from current_user; end if;
    end $$;
  `.execute(db);
}
