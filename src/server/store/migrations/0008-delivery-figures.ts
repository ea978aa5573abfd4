/**
 * Deliveries, second part. A submission remembers by name where it was ordered to, so that the equation has a left side for every destination;
 * a back office's words about a refusal are kept sealed; a lease can be renewed; and the figures for the command, the desk and the metrics.
 * Functions that an older node still calls keep their names and arguments.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // The owner of functions that look across municipalities is changed below; see the end of 0007.
  await sql`
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then grant schalter_worker to current_user; end if;
    end $$;
    grant create on schema public to schalter_worker;
  `.execute(db);

  await sql`
    alter table submission add column destinations text[];
    -- Forced row-level security also hides the rows from their owner.
    alter table submission no force row level security;
    alter table delivery no force row level security;
    update submission s set destinations = (
      select array_agg(w.destination order by w.destination) from delivery w where w.municipality = s.municipality and w.submission_id = s.id);
    alter table submission force row level security;
    alter table delivery force row level security;
    alter table submission alter column destinations set not null, add check (cardinality(destinations) = ordered);

    alter table delivery add column words bytea;
    -- what is in flight is counted at every claim, however many wait
    create index delivery_sending on delivery (municipality, destination) where state = 'sending';
  `.execute(db);

  await sql`
    create or replace function submit_application(p_municipality text, p_session_hash bytea, p_application uuid, p_revision int, p_submission uuid, p_reference text,
        p_idempotency_key text, p_payload bytea, p_payload_sha256 bytea, p_summary_pdf bytea, p_factor_kind text, p_factor_hash bytea,
        p_submitted_at timestamptz, p_delivery_ids uuid[], p_destinations text[], p_adapters text[], p_envelopes bytea[])
      returns table (outcome text, submission_id uuid, reference text, submitted_at timestamptz, revision int) language plpgsql as $$
    #variable_conflict use_column
    declare app record; first record; orders int := coalesce(array_length(p_delivery_ids, 1), 0);
    begin
      perform set_config('app.municipality', p_municipality, true);
      -- parallel requests for one application queue up here; the second finds what the first did
      select a.id, a.revision, a.lifecycle, a.service, a.flow_hash, a.key_epoch, a.wrapped_key, (a.expires_at is null or a.expires_at > now()) as alive
        into app from application a
        where a.municipality = p_municipality and a.id = p_application and a.session_hash is not distinct from p_session_hash for update;
      if not found then return query select 'gone', null::uuid, null::text, null::timestamptz, null::int; return; end if;
      select s.id, s.reference, s.submitted_at into first from submission s where s.municipality = p_municipality and s.application_id = p_application;
      if found then return query select 'replayed', first.id, first.reference, first.submitted_at, app.revision; return; end if;
      if app.lifecycle <> 'draft' or not app.alive then return query select 'gone', null::uuid, null::text, null::timestamptz, app.revision; return; end if;
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
      insert into status_event (municipality, submission_id, status, at, source) values (p_municipality, p_submission, 'submitted', p_submitted_at, 'portal');
      insert into audit (municipality, actor, action, subject, detail)
        values (p_municipality, 'citizen', 'submit', p_application::text, jsonb_build_object('submission', p_submission, 'revision', p_revision, 'ordered', orders));
      return query select 'submitted', p_submission, p_reference, p_submitted_at, p_revision;
    end $$;

    create function renew_lease(p_municipality text, p_id uuid, p_lease_id uuid, p_lease interval) returns boolean language plpgsql as $$
    begin
      perform set_config('app.municipality', p_municipality, true);
      update delivery w set next_at = now() + p_lease where w.municipality = p_municipality and w.id = p_id and w.lease_id = p_lease_id;
      return found;
    end $$;

    -- p_words: what the back office said, sealed. p_alive: it answered to the point, so a breaker that waits for a probe closes.
    drop function park_delivery(text, uuid, uuid, text, int);
    create function park_delivery(p_municipality text, p_id uuid, p_lease_id uuid, p_error text, p_status int, p_words bytea default null, p_alive boolean default false)
      returns boolean language plpgsql as $$
    declare e record;
    begin
      e := end_attempt(p_municipality, p_id, p_lease_id, 'parked', 'parked', null, p_status, p_error, null);
      if not e.ended then return false; end if;
      update delivery w set words = p_words where w.municipality = p_municipality and w.id = p_id and p_words is not null;
      update destination c set failures = 0, open_until = null
        where p_alive and c.municipality = p_municipality and c.id = e.target and c.failures > 0 and (c.open_until is null or c.open_until <= now());
      return true;
    end $$;

    -- The back office itself says that it has what we were not sure about. False: there was no doubt.
    create function confirm_delivery(p_municipality text, p_key text, p_actor text) returns boolean language plpgsql as $$
    declare doubtful uuid;
    begin
      perform set_config('app.municipality', p_municipality, true);
      select w.id into doubtful from delivery w where w.municipality = p_municipality and w.idempotency_key = p_key and w.state = 'unknown';
      if not found then return false; end if;
      return resolve_delivery(p_municipality, doubtful, 'delivered', p_actor);
    end $$;

    -- One look at an index per destination, however many wait.
    create or replace function next_delivery_at() returns timestamptz language sql stable security definer set search_path = public, pg_temp as $$
      select min(greatest(first.next_at, coalesce(c.open_until, first.next_at))) from destination c cross join lateral (
        select w.next_at from delivery w where w.municipality = c.municipality and w.destination = c.id and w.state in ('queued', 'sending')
        order by w.next_at limit 1) first
    $$;

    -- Per destination: submitted = queued + sending + delivered + parked + unknown. The left side comes from the submissions, the right from the deliveries.
    -- oldest_queued: seconds. breaker: 'closed', 'open', 'half-open' (the next one is a probe).
    create function delivery_figures()
      returns table (municipality text, destination text, submitted int, queued int, sending int, delivered int, parked int, unknown int,
                     oldest_queued double precision, breaker text)
      language sql stable security definer set search_path = public, pg_temp as $$
      select c.municipality, c.id, coalesce(o.n, 0), coalesce(f.queued, 0), coalesce(f.sending, 0), coalesce(f.delivered, 0), coalesce(f.parked, 0),
             coalesce(f.unknown, 0), coalesce(f.oldest, 0),
             case when c.open_until > now() then 'open' when c.failures >= c.breaker_after then 'half-open' else 'closed' end
      from destination c
      left join (
        select s.municipality, d as id, count(*)::int as n from submission s cross join unnest(s.destinations) d group by 1, 2
      ) o on o.municipality = c.municipality and o.id = c.id
      left join (
        select w.municipality, w.destination as id, (count(*) filter (where w.state = 'queued'))::int as queued,
               (count(*) filter (where w.state = 'sending'))::int as sending, (count(*) filter (where w.state = 'delivered'))::int as delivered,
               (count(*) filter (where w.state = 'parked'))::int as parked, (count(*) filter (where w.state = 'unknown'))::int as unknown,
               extract(epoch from now() - min(w.created_at) filter (where w.state = 'queued'))::double precision as oldest
        from delivery w group by 1, 2
      ) f on f.municipality = c.municipality and f.id = c.id
      order by 1, 2
    $$;

    -- Where orders and deliveries differ, one by one: 'missing' (ordered, no delivery) and 'stray' (a delivery that nobody ordered).
    create function delivery_gaps(p_max int) returns table (municipality text, submission_id uuid, destination text, kind text)
      language sql stable security definer set search_path = public, pg_temp as $$
      (select s.municipality, s.id, d, 'missing' from submission s cross join unnest(s.destinations) d
        where not exists (select 1 from delivery w where w.municipality = s.municipality and w.submission_id = s.id and w.destination = d)
        limit p_max)
      union all
      (select w.municipality, w.submission_id, w.destination, 'stray' from delivery w
        where not exists (select 1 from submission s where s.municipality = w.municipality and s.id = w.submission_id and w.destination = any(s.destinations))
        limit p_max)
    $$;

    revoke execute on all functions in schema public from public;
    grant execute on all functions in schema public to schalter_app;
    alter function delivery_figures() owner to schalter_worker;
    alter function delivery_gaps(int) owner to schalter_worker;
    revoke create on schema public from schalter_worker;
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then revoke schalter_worker from current_user; end if;
    end $$;
  `.execute(db);
}
