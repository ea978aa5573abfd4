/**
 * Handing in says which summary was confirmed; what staff see of an application that was handed in; the screen that shows the citizen what staff enter.
 * Functions keep their names; new arguments have defaults, so that nodes of the version before call them as they did.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- what a session has open of what was handed in, why, and which draft in which revision its second screen shows
    alter table staff_session add column case_submission uuid, add column case_purpose text, add column viewed text;
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then grant schalter_drafts to current_user; end if;
    end $$;
    drop function submit_application(text, bytea, uuid, int, uuid, text, text, bytea, bytea, bytea, text, bytea, timestamptz, uuid[], text[], text[], bytea[]);
    drop function load_counter_draft(text, bytea, uuid);
    grant create on schema public to schalter_drafts;
  `.execute(db);
  await sql`
    -- As in 0012; p_summary: hash of the summary that was confirmed, for the audit trail. What staff hand in stays open to them until the next person. p_session_hash may be a staff session that holds the draft at this moment; then staff hand in, and the log says so.
    create function submit_application(p_municipality text, p_session_hash bytea, p_application uuid, p_revision int, p_submission uuid, p_reference text,
        p_idempotency_key text, p_payload bytea, p_payload_sha256 bytea, p_summary_pdf bytea, p_factor_kind text, p_factor_hash bytea,
        p_submitted_at timestamptz, p_delivery_ids uuid[], p_destinations text[], p_adapters text[], p_envelopes bytea[], p_summary text default null)
      returns table (outcome text, submission_id uuid, reference text, submitted_at timestamptz, revision int) language plpgsql as $$
    #variable_conflict use_column
    declare app application; first record; clerk record; orders int := coalesce(array_length(p_delivery_ids, 1), 0); actor text := 'citizen';
    begin
      perform set_config('app.municipality', p_municipality, true);
      -- parallel requests for one application queue up here; the second finds what the first did
      select * into app from application a
        where a.municipality = p_municipality and a.id = p_application and p_session_hash in (a.session_hash, a.custody_session) for update;
      if not found then return query select 'gone', null::uuid, null::text, null::timestamptz, null::int; return; end if;
      select s.id, s.reference, s.submitted_at into first from submission s where s.municipality = p_municipality and s.application_id = p_application;
      if found then return query select 'replayed', first.id, first.reference, first.submitted_at, app.revision; return; end if;
      if app.lifecycle <> 'draft' or app.expires_at <= now() then return query select 'gone', null::uuid, null::text, null::timestamptz, app.revision; return; end if;
      if app.custody_session = p_session_hash then
        clerk := staff_of(p_municipality, p_session_hash);
        if not clerk.serves or not at_counter(app) then
          perform note_access(clerk.who, p_application, app.custody_purpose, 'submit-refused', app.custody_code);
          return query select 'gone', null::uuid, null::text, null::timestamptz, app.revision;
          return;
        end if;
        actor := 'staff:' || (clerk.who).subject;
      elsif at_counter(app) then
        return query select 'stale', null::uuid, null::text, null::timestamptz, app.revision;
        return;
      end if;
      if app.revision <> p_revision then return query select 'stale', null::uuid, null::text, null::timestamptz, app.revision; return; end if;

      insert into submission (id, municipality, application_id, service, reference, flow_hash, idempotency_key, revision, payload, payload_sha256,
                              summary_pdf, factor_kind, factor_hash, ordered, destinations, submitted_at, key_epoch, wrapped_key)
        values (p_submission, p_municipality, p_application, app.service, p_reference, app.flow_hash, p_idempotency_key, p_revision, p_payload,
                p_payload_sha256, p_summary_pdf, p_factor_kind, p_factor_hash, orders, p_destinations, p_submitted_at, app.key_epoch, app.wrapped_key)
        on conflict (municipality, reference) do nothing;
      if not found then return query select 'reference-taken', null::uuid, null::text, null::timestamptz, app.revision; return; end if;
      insert into destination (municipality, id)
        select distinct p_municipality, d from unnest(p_destinations) d order by 2 on conflict do nothing;
      insert into delivery (id, municipality, submission_id, destination, adapter, idempotency_key, envelope)
        select o.id, p_municipality, p_submission, o.destination, o.adapter, p_submission || ':' || o.destination, o.envelope
        from unnest(p_delivery_ids, p_destinations, p_adapters, p_envelopes) as o (id, destination, adapter, envelope);
      update application a set lifecycle = 'submitted', expires_at = null, resume_hash = null, updated_at = now()
        where a.municipality = p_municipality and a.id = p_application;
      update handover h set revoked_at = now() where h.municipality = p_municipality and h.application = p_application and h.revoked_at is null;
      insert into status_event (municipality, submission_id, status, at, source) values (p_municipality, p_submission, 'submitted', p_submitted_at, 'portal');
      insert into audit (municipality, actor, action, subject, detail)
        values (p_municipality, actor, 'submit', p_application::text, jsonb_build_object('submission', p_submission, 'revision', p_revision, 'ordered', orders, 'summary', p_summary));
      if actor <> 'citizen' then
        update staff_session s set case_submission = p_submission, case_purpose = app.custody_purpose
          where s.municipality = p_municipality and s.id_hash = p_session_hash;
        perform note_access(clerk.who, p_application, app.custody_purpose, 'submit', app.custody_code);
      end if;
      return query select 'submitted', p_submission, p_reference, p_submitted_at, p_revision;
    end $$;

    -- As in 0012; p_action says in the log what it is read for: 'read' or 'print'.
    create function load_counter_draft(p_municipality text, p_staff bytea, p_application uuid, p_action text default 'read')
      returns table (id uuid, service text, revision int, flow_hash text, channel text, custody text, language text, started_on date, key_epoch text,
                     wrapped_key bytea, content bytea, saved boolean, factor_kind text, expires_at timestamptz)
      language plpgsql as $$
    #variable_conflict use_column
    declare h record; a application;
    begin
      h := held_draft(p_municipality, p_staff, p_application, p_action);
      a := h.a;
      if a.id is null then return; end if;
      return query select a.id, a.service, a.revision, a.flow_hash, a.channel, a.custody, a.language, a.started_on, a.key_epoch, a.wrapped_key, a.content,
        a.resume_hash is not null, a.factor_kind, a.expires_at;
    end $$;

    -- "Next person": lets go of everything, and nothing that was handed in is open. Not in release_drafts: that runs for a session that is being deleted, too.
    create function next_person(p_municipality text, p_staff bytea) returns int language plpgsql as $$
    begin
      perform set_config('app.municipality', p_municipality, true);
      update staff_session s set case_submission = null, case_purpose = null, viewed = null where s.municipality = p_municipality and s.id_hash = p_staff;
      return release_drafts(p_municipality, p_staff);
    end $$;

    -- Opens an application that was handed in, by its reference number; p_purpose is for the log. Null: no session with a role for it, no such number, or
    -- too many wrong ones (10 in a quarter of an hour).
    create function open_case(p_municipality text, p_staff bytea, p_reference text, p_purpose text) returns uuid language plpgsql as $$
    declare s record; opened uuid; of_application uuid; counted bytea := sha256('case'::bytea || p_staff);
    begin
      s := staff_of(p_municipality, p_staff);
      if not s.serves then
        perform note_access(s.who, null, p_purpose, 'open-forbidden', null);
        return null;
      end if;
      if hit_rate_limit(p_municipality, counted, 10, interval '15 minutes') = 0 then
        select b.id, b.application_id into opened, of_application from submission b where b.municipality = p_municipality and b.reference = p_reference;
      end if;
      if opened is null then
        perform note_access(s.who, null, p_purpose, 'open-refused', null);
        return null;
      end if;
      update rate_limit r set count = r.count - 1 where r.municipality = p_municipality and r.key = counted;
      update staff_session t set case_submission = opened, case_purpose = p_purpose where t.municipality = p_municipality and t.id_hash = p_staff;
      perform note_access(s.who, of_application, p_purpose, 'open', null);
      return opened;
    end $$;

    -- The submission that this session has open; p_action is what it is read for.
    create function read_case(p_municipality text, p_staff bytea, p_action text) returns uuid language plpgsql as $$
    declare s record; opened uuid; of_application uuid;
    begin
      s := staff_of(p_municipality, p_staff);
      if s.serves then
        select b.id, b.application_id into opened, of_application from submission b where b.municipality = p_municipality and b.id = (s.who).case_submission;
      end if;
      if opened is null then return null; end if;
      perform note_access(s.who, of_application, (s.who).case_purpose, p_action, null);
      return opened;
    end $$;

    -- For the second screen: the draft that this session took in hand last. Looking is no use of the session, and the log has a row for what was not shown
    -- there before, not for every look.
    create function view_draft(p_municipality text, p_staff bytea)
      returns table (id uuid, service text, revision int, flow_hash text, channel text, custody text, language text, started_on date, key_epoch text,
                     wrapped_key bytea, content bytea, saved boolean, factor_kind text, expires_at timestamptz)
      language plpgsql as $$
    #variable_conflict use_column
    declare s record; a application; shown text;
    begin
      s := staff_of(p_municipality, p_staff);
      if not s.serves then return; end if;
      select * into a from application d where d.municipality = p_municipality and d.custody_session = p_staff and d.lifecycle = 'draft'
        and d.custody = 'counter' and d.custody_until > now() and (d.expires_at is null or d.expires_at > now()) order by d.custody_since desc limit 1;
      if a.id is null then return; end if;
      shown := a.id || '/' || a.revision;
      if (s.who).viewed is distinct from shown then
        update staff_session t set viewed = shown where t.municipality = p_municipality and t.id_hash = p_staff;
        perform note_access(s.who, a.id, a.custody_purpose, 'view', a.custody_code);
      end if;
      return query select a.id, a.service, a.revision, a.flow_hash, a.channel, a.custody, a.language, a.started_on, a.key_epoch, a.wrapped_key, a.content,
        a.resume_hash is not null, a.factor_kind, a.expires_at;
    end $$;

    -- As in 0011, and who opened it after it was handed in.
    create or replace function opened_by(p_municipality text, p_application uuid)
      returns table (at timestamptz, action text, name text, site text, desk text) language plpgsql as $$
    #variable_conflict use_column
    begin
      perform set_config('app.municipality', p_municipality, true);
      return query select l.at, l.action, l.actor_name, l.site, l.desk from access_log l
        where l.municipality = p_municipality and l.application = p_application
          and l.action in ('claim', 'start', 'give-back', 'hand-on', 'submit', 'open')
        order by l.n;
    end $$;
  `.execute(db);
  await asDrafts(db, ['submit_application', 'load_counter_draft', 'next_person', 'open_case', 'read_case', 'view_draft', 'opened_by']);
  await sql`
    revoke create on schema public from schalter_drafts;
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then revoke schalter_drafts from current_user; end if;
    end $$;
  `.execute(db);
}

/** These functions run as `schalter_drafts`, and the portal may call them. */
async function asDrafts(db: Kysely<unknown>, names: readonly string[]): Promise<void> {
  await sql`
    do $$
    declare f regprocedure;
    begin
      for f in select p.oid::regprocedure from pg_proc p
          where p.pronamespace = 'public'::regnamespace and p.proname = any(string_to_array(${sql.lit(names.join(' '))}, ' ')) loop
        execute format('revoke execute on function %s from public', f);
        execute format('alter function %s security definer', f);
        execute format('alter function %s set search_path = public, pg_temp', f);
        execute format('grant execute on function %s to schalter_app', f);
        execute format('alter function %s owner to schalter_drafts', f);
      end loop;
    end $$;
  `.execute(db);
}
