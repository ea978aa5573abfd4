/**
 * How often one draft may be saved, and how many files a citizen may give to it. The count of saves lies in the row that a save writes anyway: a limit
 * over all portals without one more statement, and while no indexed column changes the update stays on its page (HOT).
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then grant schalter_drafts to current_user; end if;
    end $$;
    grant create on schema public to schalter_drafts;
    alter table application add column saves int not null default 0, add column saves_until timestamptz not null default now();
    drop function save_draft(text, bytea, uuid, int, bytea, text, interval, text, text, interval);

    -- As in 0027. One more outcome: 'often', nothing was saved and there were p_most saves within p_window; wait: seconds until one may save again.
    create function save_draft(p_municipality text, p_session_hash bytea, p_id uuid, p_revision int, p_content bytea, p_language text,
                               p_keep interval, p_actor text, p_action text, p_idle interval, p_most int, p_window interval,
                               out outcome text, out revision int, out wait int)
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
      update application a
        set content = p_content, revision = a.revision + 1, language = coalesce(p_language, a.language), updated_at = now(),
            expires_at = date_trunc('hour', now()) + p_keep,
            saves = case when a.saves_until > now() then a.saves + 1 else 1 end,
            saves_until = case when a.saves_until > now() then a.saves_until else now() + p_window end
        where a.id = p_id and a.municipality = p_municipality and a.session_hash = p_session_hash and a.revision = p_revision
          and a.lifecycle = 'draft' and (a.expires_at is null or a.expires_at > now()) and not at_counter(a)
          and (a.saves < p_most or a.saves_until <= now());
      if found then
        insert into audit (municipality, actor, action, subject, detail)
          values (p_municipality, p_actor, p_action, p_id::text, jsonb_build_object('revision', p_revision + 1));
        outcome := 'saved';
        revision := p_revision + 1;
        return;
      end if;
      select a.revision, a.lifecycle, at_counter(a) as held, a.saves_until, a.saves >= p_most and a.saves_until > now() as often into was
        from application a
        where a.id = p_id and a.municipality = p_municipality and a.session_hash = p_session_hash and (a.expires_at is null or a.expires_at > now());
      if not found then return; end if;
      revision := was.revision;
      outcome := case when was.lifecycle <> 'draft' then 'submitted' when was.often and not was.held and was.revision = p_revision then 'often' else 'stale' end;
      wait := case when outcome = 'often' then greatest(1, ceil(extract(epoch from was.saves_until - now())))::int end;
    end $$;
    -- As in 0013. One more outcome: 'often', 200 files were begun within ten minutes.
    create or replace function begin_file(p_municipality text, p_id uuid, p_application uuid, p_field_path text, p_name_sealed bytea, p_mime text, p_max_files int)
      returns text language plpgsql security definer set search_path = public, pg_temp as $$
    begin
      perform set_config('app.municipality', p_municipality, true);
      perform 1 from application a where a.municipality = p_municipality and a.id = p_application and a.lifecycle = 'draft' and not at_counter(a)
        for no key update;
      if not found then return 'gone'; end if;
      if hit_rate_limit(p_municipality, sha256(convert_to('upload/' || p_application, 'UTF8')), 200, interval '10 minutes') > 0 then return 'often'; end if;
      return new_file(p_municipality, p_id, p_application, p_field_path, p_name_sealed, p_mime, p_max_files);
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
