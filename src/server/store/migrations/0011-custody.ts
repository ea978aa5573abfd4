/**
 * Custody, hand-over codes and the log of what staff read and did; and drafts closed to everything but functions.
 *
 * How it is enforced that staff cannot list, count or search drafts: the portal's role sees no draft. A restrictive policy hides rows in lifecycle
 * `draft` from `schalter_app`, and sessions, files, codes and the audit trail, which would tell of drafts, cannot be selected by it at all. What a draft
 * needs runs in `security definer` functions that belong to a third role, `schalter_drafts`; each of them asks for one thing that opens one draft: the hash
 * of a citizen's session, of a code with its second factor, or of a living staff session that holds the draft at this moment. There is no function that
 * takes a staff session and gives more than that. Row-level security by municipality binds `schalter_drafts` like everybody.
 *
 * Names and arguments of functions stay for nodes of the version before; such a node cannot read rows of `file` by itself any more, so it refuses to hand
 * in an application with files, which stays a draft.
 */
import { type Kysely, sql } from 'kysely';
import { protect } from './protect.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$ begin
      begin
        create role schalter_drafts nologin nosuperuser nobypassrls nocreatedb nocreaterole;
      exception when duplicate_object or unique_violation then null;
      end;
      if not (select rolsuper from pg_roles where rolname = current_user) then
        begin
          grant schalter_drafts to current_user;
        exception when insufficient_privilege then null;
        end;
      end if;
    end $$;
    grant usage on schema public to schalter_drafts;
  `.execute(db);

  await sql`
    -- A claim past custody_until is over, whoever looks: nothing has to tidy up first.
    alter table application add column custody_session bytea, add column custody_subject text, add column custody_name text,
      add column custody_site text, add column custody_desk text, add column custody_since timestamptz, add column custody_until timestamptz,
      add column custody_purpose text, add column custody_code uuid,
      add check (custody = 'citizen' or (custody_session is not null and custody_subject is not null and custody_until is not null));
    create index application_custody on application (municipality, custody_session) where custody_session is not null;
    create policy no_drafts on application as restrictive to schalter_app using (lifecycle <> 'draft');

    create table handover (
      id uuid primary key,
      municipality text not null,
      application uuid not null,
      direction text not null check (direction in ('to-counter', 'to-staff')),
      code_hash bytea not null check (length(code_hash) = 32),
      factor_kind text not null,
      factor_hash bytea not null check (length(factor_hash) = 32),
      -- from staff to staff: why, and a note, sealed with purpose handover-note:<id>, revision 0
      purpose text,
      note bytea,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null,
      tries int not null default 0,
      revoked_at timestamptz,
      used_at timestamptz,
      unique (municipality, code_hash),
      foreign key (municipality, application) references application (municipality, id) on delete cascade
    );
    create index handover_application on handover (municipality, application);

    -- Who read or did what, with whose application, why, from where; never an answer. Each row carries the hash of the one before.
    create table access_log (
      municipality text not null,
      n bigint not null check (n > 0),
      at timestamptz not null,
      actor text not null,
      actor_name text not null,
      site text,
      desk text,
      application uuid,
      purpose text,
      action text not null,
      code uuid,
      previous bytea not null check (length(previous) = 32),
      hash bytea not null check (length(hash) = 32),
      primary key (municipality, n)
    );
    create index access_log_application on access_log (municipality, application);
    -- The newest row. Writers queue up at its lock, so the chain never forks.
    create table access_log_head (
      municipality text primary key,
      n bigint not null,
      hash bytea not null check (length(hash) = 32)
    );

    create function only_grows() returns trigger language plpgsql as $$
    begin
      raise exception '% only grows', tg_table_name using errcode = 'insufficient_privilege';
    end $$;
    create trigger only_grows before update or delete on access_log for each row execute function only_grows();
    create trigger only_grows_whole before truncate on access_log for each statement execute function only_grows();
  `.execute(db);
  await protect(db, 'handover', { app: [] });
  await protect(db, 'access_log', { app: [] });
  await protect(db, 'access_log_head', { app: [], worker: ['select'] });

  await sql`
    grant select, insert, update, delete on handover to schalter_drafts;
    grant select, insert, update on access_log_head to schalter_drafts;
    grant select, insert on access_log to schalter_drafts;
    grant select, insert, update, delete on application, session, file, rate_limit to schalter_drafts;
    grant select, insert, delete on file_chunk to schalter_drafts;
    grant select, insert on flow_version, submission, destination, delivery, status_event to schalter_drafts;
    grant insert on audit to schalter_drafts;
    grant select, update on staff_session to schalter_drafts;
    revoke all on session, file, file_chunk from schalter_app;
    revoke select on audit from schalter_app;

    -- What a row's hash is made of: the hash before, then every value with its length in bytes before it, so that no two rows read the same.
    create function access_hash(l access_log) returns bytea language sql stable as $$
      select sha256(l.previous || convert_to(string_agg(coalesce(octet_length(v) || ':' || v, '-'), '' order by place), 'UTF8'))
      from unnest(array[l.municipality, l.n::text, to_char(l.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), l.actor, l.actor_name, l.site, l.desk,
                        l.application::text, l.purpose, l.action, l.code::text]) with ordinality as parts (v, place)
    $$;

    -- Adds a row, in the transaction of what it tells about. The lock of the head is the last one a transaction takes.
    create function note_access(p_who staff_session, p_application uuid, p_purpose text, p_action text, p_code uuid) returns void language plpgsql as $$
    declare head record; l access_log;
    begin
      insert into access_log_head (municipality, n, hash) values (p_who.municipality, 0, decode(repeat('00', 32), 'hex')) on conflict do nothing;
      select h.n, h.hash into head from access_log_head h where h.municipality = p_who.municipality for update;
      l.municipality := p_who.municipality;
      l.n := head.n + 1;
      l.at := clock_timestamp();
      l.actor := p_who.subject;
      l.actor_name := p_who.name;
      l.site := p_who.site;
      l.desk := p_who.desk;
      l.application := p_application;
      l.purpose := p_purpose;
      l.action := p_action;
      l.code := p_code;
      l.previous := head.hash;
      l.hash := access_hash(l);
      insert into access_log values (l.*);
      update access_log_head h set n = l.n, hash = l.hash where h.municipality = l.municipality;
    end $$;

    -- For the proof: rows after a number, in order.
    create function access_log_page(p_municipality text, p_after bigint, p_max int)
      returns table (n bigint, at text, actor text, actor_name text, site text, desk text, application uuid, purpose text, action text, code uuid,
                     previous bytea, hash bytea)
      language plpgsql as $$
    #variable_conflict use_column
    begin
      perform set_config('app.municipality', p_municipality, true);
      return query select l.n, to_char(l.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), l.actor, l.actor_name, l.site, l.desk, l.application,
          l.purpose, l.action, l.code, l.previous, l.hash
        from access_log l where l.municipality = p_municipality and l.n > p_after order by l.n limit p_max;
    end $$;

    create function access_log_heads() returns table (municipality text, n bigint, hash bytea)
      language sql stable security definer set search_path = public, pg_temp as $$
      select h.municipality, h.n, h.hash from access_log_head h order by 1
    $$;

    -- For the citizen: who has opened this application. Whether the application is theirs, the caller knows.
    create function opened_by(p_municipality text, p_application uuid)
      returns table (at timestamptz, action text, name text, site text, desk text) language plpgsql as $$
    #variable_conflict use_column
    begin
      perform set_config('app.municipality', p_municipality, true);
      return query select l.at, l.action, l.actor_name, l.site, l.desk from access_log l
        where l.municipality = p_municipality and l.application = p_application and l.action in ('claim', 'start', 'give-back', 'hand-on', 'submit')
        order by l.n;
    end $$;

    -- One file, or all complete ones of an application.
    create function files_of(p_municipality text, p_application uuid, p_id uuid)
      returns table (id uuid, application_id uuid, field_path text, name_sealed bytea, mime text, size int, chunks int, sha256 bytea, state text)
      language plpgsql as $$
    #variable_conflict use_column
    begin
      perform set_config('app.municipality', p_municipality, true);
      return query select f.id, f.application_id, f.field_path, f.name_sealed, f.mime, f.size, f.chunks, f.sha256, f.state from file f
        where f.municipality = p_municipality and f.application_id = p_application and (f.id = p_id or (p_id is null and f.state = 'stored'))
        order by f.created_at, f.id;
    end $$;
  `.execute(db);
}
