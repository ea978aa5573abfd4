/** What citizens and staff do with a draft that changes hands, and at the end which functions run as `schalter_drafts` (0011 says why). */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then grant schalter_worker to current_user; end if;
    end $$;
    grant create on schema public to schalter_drafts, schalter_worker;
  `.execute(db);
  await staffFunctions(db);
  await citizenFunctions(db);
  await sql`
    -- whose hands a draft is in, for every reader the same
    create function at_counter(a application) returns boolean language sql stable as $$ select a.custody = 'counter' and a.custody_until > now() $$;
  `.execute(db);
  await changedFunctions(db);
  await sql`
    revoke execute on all functions in schema public from public;
    do $$
    declare
      f regprocedure;
      inner_ones text[] := array['note_access', 'staff_of', 'held_draft', 'let_go', 'staff_gone'];
      outer_ones text[] := array[
        'claim_draft', 'start_counter_draft', 'load_counter_draft', 'save_counter_draft', 'give_back_draft', 'hand_on_draft', 'release_drafts',
        'create_handover', 'open_handover', 'revoke_handover', 'custody_of', 'session_drafts', 'access_log_page', 'opened_by', 'files_of',
        'create_session', 'touch_session', 'renew_session', 'end_session', 'load_draft', 'start_draft', 'save_draft', 'keep_draft', 'resume_draft',
        'discard_draft', 'submit_application', 'begin_file', 'add_file_chunk', 'finish_file', 'read_file_chunk', 'remove_file'];
    begin
      for f in select p.oid::regprocedure from pg_proc p
          where p.pronamespace = 'public'::regnamespace and p.proname = any(inner_ones || outer_ones) loop
        execute format('alter function %s security definer', f);
        execute format('alter function %s set search_path = public, pg_temp', f);
        if (select p.proname = any(outer_ones) from pg_proc p where p.oid = f) then execute format('grant execute on function %s to schalter_app', f); end if;
        execute format('alter function %s owner to schalter_drafts', f);
      end loop;
    end $$;
    grant execute on function hit_rate_limit(text, bytea, int, interval), access_hash(access_log), custody_idle(), at_counter(application) to schalter_drafts;
    grant execute on function access_log_heads() to schalter_app;
    alter function access_log_heads() owner to schalter_worker;
    revoke create on schema public from schalter_drafts, schalter_worker;
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then revoke schalter_drafts, schalter_worker from current_user; end if;
    end $$;
  `.execute(db);
}

async function staffFunctions(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- a claim ends so long after the last save, and a staff session so long after its last use
    create function custody_idle() returns interval language sql immutable as $$ select interval '30 minutes' $$;

    -- The session, alive and with a role that serves citizens. Else its subject is null; what is known of it is there for the log.
    create function staff_of(p_municipality text, p_staff bytea, out who staff_session, out serves boolean) language plpgsql as $$
    begin
      perform set_config('app.municipality', p_municipality, true);
      select * into who from staff_session s where s.municipality = p_municipality and s.id_hash = p_staff;
      serves := found and who.expires_at > now() and who.seen_at > now() - custody_idle() and who.roles && array['counter', 'phone', 'post', 'lead'];
      who.municipality := p_municipality;
      who.subject := coalesce(who.subject, 'unknown');
      who.name := coalesce(who.name, 'unknown');
    end $$;

    -- The draft, locked, while this session holds it; its id is null when it does not. Either way the log has a row.
    create function held_draft(p_municipality text, p_staff bytea, p_application uuid, p_action text, out who staff_session, out a application)
      language plpgsql as $$
    declare s record;
    begin
      s := staff_of(p_municipality, p_staff);
      who := s.who;
      if s.serves then
        select * into a from application d where d.municipality = p_municipality and d.id = p_application and d.lifecycle = 'draft'
          and d.custody = 'counter' and d.custody_session = p_staff and d.custody_until > now() and (d.expires_at is null or d.expires_at > now())
          for update;
      end if;
      perform note_access(who, p_application, a.custody_purpose, case when a.id is null then p_action || '-refused' else p_action end, a.custody_code);
    end $$;

    -- outcome: 'claimed'; 'held' (somebody else has it: who and where, told only when code and factor are right); 'forbidden' (not a living session with
    -- a role for it); 'refused' (wrong, expired, revoked, used up or tried too often: one answer). 5 wrong factors close a code; a session has 10
    -- wrong tries in a quarter of an hour. The same claim again by who holds it is the same claim.
    create function claim_draft(p_municipality text, p_staff bytea, p_code_hash bytea, p_factors bytea[], p_purpose text)
      returns table (outcome text, application uuid, service text, code uuid, holder_name text, holder_site text, holder_desk text, purpose text, note bytea)
      language plpgsql as $$
    #variable_conflict use_column
    declare s record; h handover; a application; counted bytea := sha256('claim'::bytea || p_staff); known boolean; fits boolean := false;
    begin
      s := staff_of(p_municipality, p_staff);
      if not s.serves then
        perform note_access(s.who, null, p_purpose, 'claim-forbidden', null);
        return query select 'forbidden', null::uuid, null::text, null::uuid, null::text, null::text, null::text, null::text, null::bytea;
        return;
      end if;
      if hit_rate_limit(p_municipality, counted, 10, interval '15 minutes') = 0 then
        select * into h from handover c where c.municipality = p_municipality and c.code_hash = p_code_hash for update;
        known := found and h.revoked_at is null and h.expires_at > now() and h.tries < 5;
        fits := known and h.factor_hash = any(p_factors);
        if known and not fits then update handover c set tries = c.tries + 1 where c.id = h.id; end if;
      end if;
      if fits then
        select * into a from application d where d.municipality = p_municipality and d.id = h.application and d.lifecycle = 'draft'
          and (d.expires_at is null or d.expires_at > now()) for update;
        -- a used code only says who is at work with it now
        fits := found and (h.used_at is null or (at_counter(a) and a.custody_code = h.id));
      end if;
      if not fits then
        perform note_access(s.who, h.application, p_purpose, 'claim-refused', h.id);
        return query select 'refused', null::uuid, null::text, null::uuid, null::text, null::text, null::text, null::text, null::bytea;
        return;
      end if;
      -- only wrong tries count
      update rate_limit r set count = r.count - 1 where r.municipality = p_municipality and r.key = counted;
      if at_counter(a) and a.custody_session <> p_staff then
        perform note_access(s.who, a.id, p_purpose, 'claim-held', h.id);
        return query select 'held', null::uuid, null::text, null::uuid, a.custody_name, a.custody_site, a.custody_desk, null::text, null::bytea;
        return;
      end if;
      update handover c set used_at = coalesce(c.used_at, now()) where c.id = h.id;
      update application d set custody = 'counter', custody_session = p_staff, custody_subject = (s.who).subject, custody_name = (s.who).name,
          custody_site = (s.who).site, custody_desk = (s.who).desk, custody_since = now(), custody_until = now() + custody_idle(),
          custody_purpose = p_purpose, custody_code = h.id
        where d.municipality = p_municipality and d.id = a.id;
      perform note_access(s.who, a.id, p_purpose, 'claim', h.id);
      return query select 'claimed', a.id, a.service, h.id, null::text, null::text, null::text, h.purpose, h.note;
    end $$;

    -- A draft begun by staff, in their hands from the start. false: no living session with a role for it
    create function start_counter_draft(p_municipality text, p_staff bytea, p_id uuid, p_service text, p_flow_hash text, p_channel text, p_language text,
        p_started_on date, p_key_epoch text, p_wrapped_key bytea, p_content bytea, p_keep interval, p_purpose text) returns boolean language plpgsql as $$
    declare s record;
    begin
      s := staff_of(p_municipality, p_staff);
      perform note_access(s.who, p_id, p_purpose, case when s.serves then 'start' else 'start-refused' end, null);
      if not s.serves then return false; end if;
      insert into application (id, municipality, service, flow_hash, channel, language, started_on, key_epoch, wrapped_key, content, expires_at, custody,
                               custody_session, custody_subject, custody_name, custody_site, custody_desk, custody_since, custody_until, custody_purpose)
        values (p_id, p_municipality, p_service, p_flow_hash, p_channel, p_language, p_started_on, p_key_epoch, p_wrapped_key, p_content,
                date_trunc('hour', now()) + p_keep, 'counter', p_staff, (s.who).subject, (s.who).name, (s.who).site, (s.who).desk, now(),
                now() + custody_idle(), p_purpose);
      insert into audit (municipality, actor, action, subject, detail)
        values (p_municipality, 'staff:' || (s.who).subject, 'start', p_id::text, jsonb_build_object('channel', p_channel));
      return true;
    end $$;

    -- The draft that this session holds. No row: it holds no such draft (any more).
    create function load_counter_draft(p_municipality text, p_staff bytea, p_application uuid)
      returns table (id uuid, service text, revision int, flow_hash text, channel text, custody text, language text, started_on date, key_epoch text,
                     wrapped_key bytea, content bytea, saved boolean, factor_kind text, expires_at timestamptz)
      language plpgsql as $$
    #variable_conflict use_column
    declare h record; a application;
    begin
      h := held_draft(p_municipality, p_staff, p_application, 'read');
      a := h.a;
      if a.id is null then return; end if;
      return query select a.id, a.service, a.revision, a.flow_hash, a.channel, a.custody, a.language, a.started_on, a.key_epoch, a.wrapped_key, a.content,
        a.resume_hash is not null, a.factor_kind, a.expires_at;
    end $$;

    -- outcome: 'saved' with the new revision; 'stale' with the one that is there; 'gone' (this session holds no such draft any more)
    create function save_counter_draft(p_municipality text, p_staff bytea, p_application uuid, p_revision int, p_content bytea, p_language text, p_keep interval)
      returns table (outcome text, revision int) language plpgsql as $$
    #variable_conflict use_column
    declare h record; was int;
    begin
      h := held_draft(p_municipality, p_staff, p_application, 'save');
      was := (h.a).revision;
      if was is null then return query select 'gone', null::int; return; end if;
      if was <> p_revision then return query select 'stale', was; return; end if;
      update application a set content = p_content, revision = was + 1, language = coalesce(p_language, a.language), updated_at = now(),
          expires_at = date_trunc('hour', now()) + p_keep, custody_until = now() + custody_idle()
        where a.municipality = p_municipality and a.id = p_application;
      insert into audit (municipality, actor, action, subject, detail)
        values (p_municipality, 'staff:' || (h.who).subject, 'save', p_application::text, jsonb_build_object('revision', was + 1));
      return query select 'saved', was + 1;
    end $$;

    -- The draft leaves the counter's hands.
    create function let_go(p_municipality text, p_application uuid) returns void language sql as $$
      update application a set custody = 'citizen', custody_session = null, custody_subject = null, custody_name = null, custody_site = null,
          custody_desk = null, custody_since = null, custody_until = null, custody_purpose = null, custody_code = null
        where a.municipality = p_municipality and a.id = p_application
    $$;

    -- Back to the citizen; with a resume code where p_resume_hash is given. false: this session does not hold it, or nobody could find it again.
    create function give_back_draft(p_municipality text, p_staff bytea, p_application uuid, p_resume_hash bytea, p_factor_kind text, p_factor_hash bytea, p_keep interval)
      returns boolean language plpgsql as $$
    declare h record;
    begin
      h := held_draft(p_municipality, p_staff, p_application, 'give-back');
      if (h.a).id is null or ((h.a).session_hash is null and (h.a).resume_hash is null and p_resume_hash is null) then return false; end if;
      update application a set resume_hash = p_resume_hash, factor_kind = p_factor_kind, factor_hash = p_factor_hash,
          expires_at = date_trunc('hour', now()) + p_keep, updated_at = now()
        where a.municipality = p_municipality and a.id = p_application and p_resume_hash is not null;
      perform let_go(p_municipality, p_application);
      return true;
    end $$;

    -- To a colleague: a code with its reason and a note. Until it is used the citizen has the draft.
    create function hand_on_draft(p_municipality text, p_staff bytea, p_application uuid, p_id uuid, p_code_hash bytea, p_factor_kind text, p_factor_hash bytea,
        p_purpose text, p_note bytea, p_for interval) returns boolean language plpgsql as $$
    declare h record;
    begin
      h := held_draft(p_municipality, p_staff, p_application, 'hand-on');
      if (h.a).id is null then return false; end if;
      insert into handover (id, municipality, application, direction, code_hash, factor_kind, factor_hash, purpose, note, expires_at)
        values (p_id, p_municipality, p_application, 'to-staff', p_code_hash, p_factor_kind, p_factor_hash, p_purpose, p_note, now() + p_for);
      perform let_go(p_municipality, p_application);
      return true;
    end $$;

    -- "Next person": nothing is in this session's hands any more, whether it lives or not. Gives how many drafts it held.
    create function release_drafts(p_municipality text, p_staff bytea) returns int language plpgsql as $$
    declare s record; a record; released int := 0;
    begin
      s := staff_of(p_municipality, p_staff);
      for a in select d.id, d.custody_purpose, d.custody_code, d.custody_until > now() as alive from application d
          where d.municipality = p_municipality and d.custody_session = p_staff order by d.id for update loop
        perform let_go(p_municipality, a.id);
        if a.alive then
          perform note_access(s.who, a.id, a.custody_purpose, 'release', a.custody_code);
          released := released + 1;
        end if;
      end loop;
      return released;
    end $$;

    -- A session that ends holds nothing.
    create function staff_gone() returns trigger language plpgsql as $$
    begin
      perform release_drafts(old.municipality, old.id_hash);
      return old;
    end $$;
    create trigger staff_gone before delete on staff_session for each row execute function staff_gone();
  `.execute(db);
}

async function citizenFunctions(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- A code for the counter; the one before is gone. false: no such draft of a living session.
    create function create_handover(p_municipality text, p_session_hash bytea, p_application uuid, p_id uuid, p_code_hash bytea, p_factor_kind text,
        p_factor_hash bytea, p_for interval, p_idle interval) returns boolean language plpgsql as $$
    begin
      perform set_config('app.municipality', p_municipality, true);
      perform 1 from application a join session s on s.municipality = a.municipality and s.id_hash = a.session_hash
        where a.municipality = p_municipality and a.id = p_application and a.session_hash = p_session_hash and a.lifecycle = 'draft'
          and (a.expires_at is null or a.expires_at > now()) and s.expires_at > now() and s.seen_at > now() - p_idle
        for update of a;
      if not found then return false; end if;
      -- whoever makes and revokes codes all day fills no table: what was never used is told by the log alone
      delete from handover h where h.municipality = p_municipality and h.application = p_application and h.direction = 'to-counter' and h.used_at is null;
      insert into handover (id, municipality, application, direction, code_hash, factor_kind, factor_hash, expires_at)
        values (p_id, p_municipality, p_application, 'to-counter', p_code_hash, p_factor_kind, p_factor_hash, now() + p_for);
      insert into audit (municipality, actor, action, subject) values (p_municipality, 'citizen', 'handover', p_application::text);
      return true;
    end $$;

    -- The code that can still be used, if there is one.
    create function open_handover(p_municipality text, p_session_hash bytea, p_application uuid)
      returns table (id uuid, factor_kind text, expires_at timestamptz) language plpgsql as $$
    #variable_conflict use_column
    begin
      perform set_config('app.municipality', p_municipality, true);
      return query select h.id, h.factor_kind, h.expires_at from handover h join application a on a.municipality = h.municipality and a.id = h.application
        where h.municipality = p_municipality and h.application = p_application and a.session_hash = p_session_hash and h.direction = 'to-counter'
          and h.revoked_at is null and h.used_at is null and h.expires_at > now() and h.tries < 5;
    end $$;

    -- All codes of the draft are worth nothing any more, and it is back in the citizen's hands at once, whoever has it. false: not a draft of this session.
    create function revoke_handover(p_municipality text, p_session_hash bytea, p_application uuid) returns boolean language plpgsql as $$
    begin
      perform set_config('app.municipality', p_municipality, true);
      perform 1 from application a
        where a.municipality = p_municipality and a.id = p_application and a.session_hash = p_session_hash and a.lifecycle = 'draft' for update;
      if not found then return false; end if;
      update handover h set revoked_at = now() where h.municipality = p_municipality and h.application = p_application and h.revoked_at is null;
      perform let_go(p_municipality, p_application);
      insert into audit (municipality, actor, action, subject) values (p_municipality, 'citizen', 'revoke', p_application::text);
      return true;
    end $$;

    -- The drafts that a living session has, without their contents.
    create function session_drafts(p_municipality text, p_session_hash bytea) returns table (service text, kept boolean, expires_at timestamptz)
      language plpgsql as $$
    #variable_conflict use_column
    begin
      perform set_config('app.municipality', p_municipality, true);
      return query select a.service, a.resume_hash is not null, a.expires_at from application a
        join session s on s.municipality = a.municipality and s.id_hash = a.session_hash and s.expires_at > now()
        where a.municipality = p_municipality and a.session_hash = p_session_hash and a.lifecycle = 'draft' and a.expires_at > now() order by a.service;
    end $$;

    -- Who at the counter has the session's draft in hand now.
    create function custody_of(p_municipality text, p_session_hash bytea, p_application uuid)
      returns table (name text, site text, desk text, since timestamptz, until timestamptz) language plpgsql as $$
    #variable_conflict use_column
    begin
      perform set_config('app.municipality', p_municipality, true);
      return query select a.custody_name, a.custody_site, a.custody_desk, a.custody_since, a.custody_until from application a
        where a.municipality = p_municipality and a.id = p_application and a.session_hash = p_session_hash and a.lifecycle = 'draft' and at_counter(a);
    end $$;
  `.execute(db);
}

/** Functions of earlier migrations that now know of custody. While the counter has a draft, a citizen's save or submit comes too late: 'stale'. */
async function changedFunctions(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- as in 0002; custody is what it is now
    create or replace function load_draft(p_municipality text, p_session_hash bytea, p_service text, p_have_id uuid, p_have_revision int, p_idle interval)
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
        select a.id, a.revision, a.flow_hash, a.channel, case when at_counter(a) then 'counter' else 'citizen' end, a.language, a.started_on, a.key_epoch,
               a.wrapped_key, case when a.id = p_have_id and a.revision = p_have_revision then null else a.content end,
               a.resume_hash is not null, a.factor_kind, a.expires_at
        from application a
        where a.municipality = p_municipality and a.session_hash = p_session_hash and a.service = p_service and a.lifecycle = 'draft'
          and (a.expires_at is null or a.expires_at > now());
    end $$;

    -- as in 0002
    create or replace function save_draft(p_municipality text, p_session_hash bytea, p_id uuid, p_revision int, p_content bytea, p_language text,
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
          and a.lifecycle = 'draft' and (a.expires_at is null or a.expires_at > now()) and not (a.custody = 'counter' and a.custody_until > now());
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

    -- As in 0008. p_session_hash may be a staff session that holds the draft at this moment; then staff hand in, and the log says so.
    create or replace function submit_application(p_municipality text, p_session_hash bytea, p_application uuid, p_revision int, p_submission uuid, p_reference text,
        p_idempotency_key text, p_payload bytea, p_payload_sha256 bytea, p_summary_pdf bytea, p_factor_kind text, p_factor_hash bytea,
        p_submitted_at timestamptz, p_delivery_ids uuid[], p_destinations text[], p_adapters text[], p_envelopes bytea[])
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
        values (p_municipality, actor, 'submit', p_application::text, jsonb_build_object('submission', p_submission, 'revision', p_revision, 'ordered', orders));
      if actor <> 'citizen' then perform note_access(clerk.who, p_application, app.custody_purpose, 'submit', app.custody_code); end if;
      return query select 'submitted', p_submission, p_reference, p_submitted_at, p_revision;
    end $$;
  `.execute(db);
}
