/**
 * Drafts and what they need: pinned flow versions, sessions, applications, and the functions of the hot path. Each of those is one statement
 * and so one round trip; each names its municipality first, so that row-level security holds for every statement after it.
 */
import { type Kysely, sql } from 'kysely';
import { protect } from './protect.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table flow_version (
      municipality text not null,
      hash text not null,
      service text not null,
      document jsonb not null,
      created_at timestamptz not null default now(),
      primary key (municipality, hash)
    );

    create table session (
      municipality text not null,
      id_hash bytea not null check (length(id_hash) = 32),
      created_at timestamptz not null default now(),
      seen_at timestamptz not null default now(),
      expires_at timestamptz not null,
      primary key (municipality, id_hash)
    );

    create table application (
      id uuid primary key,
      municipality text not null,
      service text not null,
      flow_hash text not null,
      channel text not null,
      lifecycle text not null default 'draft',
      custody text not null default 'citizen' check (custody in ('citizen', 'counter')),
      revision int not null default 1,
      language text not null,
      session_hash bytea,
      started_on date not null,
      key_epoch text not null,
      wrapped_key bytea not null,
      content bytea not null,
      resume_hash bytea,
      factor_kind text,
      factor_hash bytea,
      expires_at timestamptz,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      unique (municipality, id),
      foreign key (municipality, flow_hash) references flow_version (municipality, hash),
      -- a clock may only end a draft: nothing handed in ever expires
      check (lifecycle in ('draft', 'expired') or expires_at is null)
    ) with (fillfactor = 70);
    -- sealed bytes do not compress; trying costs time at every save
    alter table application alter column content set storage external;
    create unique index application_session on application (municipality, session_hash, service) where lifecycle = 'draft' and session_hash is not null;
    create unique index application_resume on application (municipality, resume_hash) where resume_hash is not null;
    create index application_expiry on application (expires_at) where expires_at is not null;
  `.execute(db);
  await protect(db, 'flow_version', { app: ['select', 'insert'] });
  await protect(db, 'session', { app: ['select', 'insert', 'update', 'delete'], worker: ['select', 'delete'] });
  await protect(db, 'application', { app: ['select', 'insert', 'update', 'delete'], worker: ['select', 'delete'] });

  await sql`
    create function create_session(p_municipality text, p_id_hash bytea, p_absolute interval) returns void language plpgsql as $$
    begin
      perform set_config('app.municipality', p_municipality, true);
      insert into session (municipality, id_hash, expires_at) values (p_municipality, p_id_hash, now() + p_absolute);
    end $$;

    create function touch_session(p_municipality text, p_id_hash bytea, p_idle interval) returns boolean language plpgsql as $$
    declare seen timestamptz;
    begin
      perform set_config('app.municipality', p_municipality, true);
      select s.seen_at into seen from session s
        where s.municipality = p_municipality and s.id_hash = p_id_hash and s.expires_at > now() and s.seen_at > now() - p_idle;
      if not found then return false; end if;
      if seen < now() - interval '1 minute' then
        update session s set seen_at = now() where s.municipality = p_municipality and s.id_hash = p_id_hash;
      end if;
      return true;
    end $$;

    create function renew_session(p_municipality text, p_old bytea, p_new bytea, p_absolute interval) returns boolean language plpgsql as $$
    begin
      perform set_config('app.municipality', p_municipality, true);
      delete from session s where s.municipality = p_municipality and s.id_hash = p_old and s.expires_at > now();
      if not found then return false; end if;
      insert into session (municipality, id_hash, expires_at) values (p_municipality, p_new, now() + p_absolute);
      update application a set session_hash = p_new where a.municipality = p_municipality and a.session_hash = p_old;
      return true;
    end $$;

    create function end_session(p_municipality text, p_id_hash bytea) returns void language plpgsql as $$
    begin
      perform set_config('app.municipality', p_municipality, true);
      update application a set session_hash = null where a.municipality = p_municipality and a.session_hash = p_id_hash;
      delete from session s where s.municipality = p_municipality and s.id_hash = p_id_hash;
    end $$;

    -- Content comes back null where the caller already holds this revision of this draft. The session's last use is noted at most once in five minutes.
    create function load_draft(p_municipality text, p_session_hash bytea, p_service text, p_have_id uuid, p_have_revision int, p_idle interval)
      returns table (id uuid, revision int, flow_hash text, channel text, custody text, language text, started_on date, key_epoch text,
                     wrapped_key bytea, content bytea, saved boolean, factor_kind text, expires_at timestamptz)
      language plpgsql as $$
    #variable_conflict use_column
    declare seen timestamptz;
    begin
      perform set_config('app.municipality', p_municipality, true);
      select s.seen_at into seen from session s
        where s.municipality = p_municipality and s.id_hash = p_session_hash and s.expires_at > now() and s.seen_at > now() - p_idle;
      if not found then return; end if;
      if seen < now() - interval '5 minutes' then
        update session s set seen_at = now() where s.municipality = p_municipality and s.id_hash = p_session_hash;
      end if;
      return query
        select a.id, a.revision, a.flow_hash, a.channel, a.custody, a.language, a.started_on, a.key_epoch, a.wrapped_key,
               case when a.id = p_have_id and a.revision = p_have_revision then null else a.content end,
               a.resume_hash is not null, a.factor_kind, a.expires_at
        from application a
        where a.municipality = p_municipality and a.session_hash = p_session_hash and a.service = p_service and a.lifecycle = 'draft'
          and (a.expires_at is null or a.expires_at > now());
    end $$;

    -- outcome: 'created'; 'exists' (the session already has a draft of this service: its id and revision); 'no-session'
    create function start_draft(p_municipality text, p_session_hash bytea, p_id uuid, p_service text, p_flow_hash text, p_channel text,
                                p_language text, p_started_on date, p_key_epoch text, p_wrapped_key bytea, p_content bytea, p_keep interval)
      returns table (outcome text, id uuid, revision int) language plpgsql as $$
    #variable_conflict use_column
    begin
      perform set_config('app.municipality', p_municipality, true);
      perform 1 from session s where s.municipality = p_municipality and s.id_hash = p_session_hash and s.expires_at > now();
      if not found then
        return query select 'no-session', null::uuid, null::int;
        return;
      end if;
      -- an expired draft the sweep has not met yet must not hold the place
      delete from application a where a.municipality = p_municipality and a.session_hash = p_session_hash and a.service = p_service
        and a.lifecycle = 'draft' and a.expires_at <= now();
      insert into application (id, municipality, service, flow_hash, channel, language, session_hash, started_on, key_epoch, wrapped_key, content, expires_at)
        values (p_id, p_municipality, p_service, p_flow_hash, p_channel, p_language, p_session_hash, p_started_on, p_key_epoch, p_wrapped_key,
                p_content, date_trunc('hour', now()) + p_keep)
        on conflict (municipality, session_hash, service) where lifecycle = 'draft' and session_hash is not null do nothing;
      if found then
        insert into audit (municipality, actor, action, subject, detail) values (p_municipality, 'citizen', 'start', p_id::text, jsonb_build_object('channel', p_channel));
        return query select 'created', p_id, 1;
      else
        return query select 'exists', a.id, a.revision from application a
          where a.municipality = p_municipality and a.session_hash = p_session_hash and a.service = p_service and a.lifecycle = 'draft';
      end if;
    end $$;

    -- outcome: 'saved' with the new revision; 'stale' with the one that is there; 'gone' (no such draft, or not of this session)
    create function save_draft(p_municipality text, p_session_hash bytea, p_id uuid, p_revision int, p_content bytea, p_language text,
                               p_keep interval, p_actor text, p_action text)
      returns table (outcome text, revision int) language plpgsql as $$
    #variable_conflict use_column
    declare was record;
    begin
      perform set_config('app.municipality', p_municipality, true);
      -- expires_at moves once an hour only: while no indexed column changes, the update stays on its page (HOT)
      update application a
        set content = p_content, revision = a.revision + 1, language = coalesce(p_language, a.language), updated_at = now(),
            expires_at = date_trunc('hour', now()) + p_keep
        where a.id = p_id and a.municipality = p_municipality and a.session_hash = p_session_hash and a.revision = p_revision
          and a.lifecycle = 'draft' and (a.expires_at is null or a.expires_at > now());
      if found then
        insert into audit (municipality, actor, action, subject, detail)
          values (p_municipality, p_actor, p_action, p_id::text, jsonb_build_object('revision', p_revision + 1));
        return query select 'saved', p_revision + 1;
        return;
      end if;
      select a.revision, a.lifecycle into was from application a
        where a.id = p_id and a.municipality = p_municipality and a.session_hash = p_session_hash and (a.expires_at is null or a.expires_at > now());
      if not found then return query select 'gone', null::int;
      elsif was.lifecycle <> 'draft' then return query select 'submitted', was.revision;
      else return query select 'stale', was.revision;
      end if;
    end $$;

    -- Lets a draft be fetched with a code and a second factor from any browser. false: no such draft of this session.
    create function keep_draft(p_municipality text, p_session_hash bytea, p_id uuid, p_resume_hash bytea, p_factor_kind text, p_factor_hash bytea, p_keep interval)
      returns boolean language plpgsql as $$
    begin
      perform set_config('app.municipality', p_municipality, true);
      update application a set resume_hash = p_resume_hash, factor_kind = p_factor_kind, factor_hash = p_factor_hash,
          expires_at = date_trunc('hour', now()) + p_keep, updated_at = now()
        where a.municipality = p_municipality and a.id = p_id and a.session_hash = p_session_hash and a.lifecycle = 'draft' and a.expires_at > now();
      if not found then return false; end if;
      insert into audit (municipality, actor, action, subject) values (p_municipality, 'citizen', 'keep', p_id::text);
      return true;
    end $$;

    -- Moves a kept draft into a session. outcome: 'resumed'; 'unknown' (code or factor wrong, or expired: not told apart); 'occupied' (the session has
    -- another draft of this service that no code leads back to; with p_replace it is let go); 'no-session'.
    create function resume_draft(p_municipality text, p_resume_hash bytea, p_factor_hash bytea, p_session_hash bytea, p_replace boolean)
      returns table (outcome text, id uuid, service text) language plpgsql as $$
    #variable_conflict use_column
    declare kept record; other record;
    begin
      perform set_config('app.municipality', p_municipality, true);
      perform 1 from session s where s.municipality = p_municipality and s.id_hash = p_session_hash and s.expires_at > now();
      if not found then return query select 'no-session', null::uuid, null::text; return; end if;
      select a.id, a.service into kept from application a
        where a.municipality = p_municipality and a.resume_hash = p_resume_hash and a.factor_hash = p_factor_hash and a.lifecycle = 'draft' and a.expires_at > now()
        for update;
      if not found then return query select 'unknown', null::uuid, null::text; return; end if;
      select a.id, a.resume_hash is not null as kept into other from application a
        where a.municipality = p_municipality and a.session_hash = p_session_hash and a.service = kept.service and a.lifecycle = 'draft' and a.id <> kept.id
        for update;
      if found then
        if not other.kept and not p_replace then return query select 'occupied', kept.id, kept.service; return; end if;
        update application a set session_hash = null where a.municipality = p_municipality and a.id = other.id;
      end if;
      update application a set session_hash = p_session_hash, updated_at = now() where a.municipality = p_municipality and a.id = kept.id;
      insert into audit (municipality, actor, action, subject) values (p_municipality, 'citizen', 'resume', kept.id::text);
      return query select 'resumed', kept.id, kept.service;
    end $$;

    create function discard_draft(p_municipality text, p_session_hash bytea, p_id uuid) returns boolean language plpgsql as $$
    begin
      perform set_config('app.municipality', p_municipality, true);
      delete from application a where a.municipality = p_municipality and a.id = p_id and a.session_hash = p_session_hash and a.lifecycle = 'draft';
      if not found then return false; end if;
      insert into audit (municipality, actor, action, subject) values (p_municipality, 'citizen', 'discard', p_id::text);
      return true;
    end $$;
    grant execute on all functions in schema public to schalter_app;
  `.execute(db);
}
