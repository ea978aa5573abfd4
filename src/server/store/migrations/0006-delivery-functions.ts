/**
 * The queue. `claim_deliveries` looks across municipalities, so it runs as `schalter_worker`; what follows on a claim happens in the one
 * municipality of the delivery. Only the database's clock decides; `lease_id` is the fencing token, a late worker's result is dropped.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function claim_deliveries(p_max int, p_lease interval)
      returns table (id uuid, municipality text, submission_id uuid, application_id uuid, service text, reference text, flow_hash text,
                     destination text, adapter text, idempotency_key text, lease_id uuid, attempts int, repeat boolean, queued_at timestamptz,
                     submitted_at timestamptz, checkpoint jsonb, envelope bytea, revision int, key_epoch text, wrapped_key bytea)
      language plpgsql security definer set search_path = public, pg_temp as $$
    #variable_conflict use_column
    declare candidate record; d destination%rowtype; room int; claimed int; left_over int := p_max;
    begin
      for candidate in
        select c.municipality, c.id from destination c
        where (c.open_until is null or c.open_until <= now())
          and exists (select 1 from delivery w where w.municipality = c.municipality and w.destination = c.id
                      and w.state in ('queued', 'sending') and w.next_at <= now())
        order by random()
      loop
        exit when left_over <= 0;
        -- Statement 1 locks the destination; statement 2 counts with a snapshot taken after the lock. In one statement two nodes would each
        -- see the room that the other is about to take.
        select * into d from destination c where c.municipality = candidate.municipality and c.id = candidate.id
          and (c.open_until is null or c.open_until <= now()) for update skip locked;
        continue when not found;
        room := case when d.failures >= d.breaker_after then 1 else d.max_in_flight end
          - (select count(*) from delivery w where w.municipality = d.municipality and w.destination = d.id and w.state = 'sending' and w.next_at > now())::int;
        continue when room <= 0;
        return query
          with due as (
            select w.id, w.state, w.attempts, w.leased_at from delivery w
            where w.municipality = d.municipality and w.destination = d.id and w.state in ('queued', 'sending') and w.next_at <= now()
            order by w.next_at limit least(room, left_over) for update skip locked
          ), lost as (
            insert into delivery_attempt (municipality, delivery_id, n, started_at, outcome)
              select d.municipality, due.id, due.attempts, due.leased_at, 'lost' from due where due.state = 'sending'
          ), taken as (
            update delivery w set state = 'sending', attempts = w.attempts + 1, lease_id = gen_random_uuid(), leased_at = now(), next_at = now() + p_lease
              from due where w.id = due.id
              returning w.*, due.state = 'sending' as repeat
          )
          select t.id, t.municipality, t.submission_id, s.application_id, s.service, s.reference, s.flow_hash, t.destination, t.adapter, t.idempotency_key,
                 t.lease_id, t.attempts, t.repeat, t.created_at, s.submitted_at, t.checkpoint, t.envelope, s.revision, s.key_epoch, s.wrapped_key
          from taken t join submission s on s.municipality = t.municipality and s.id = t.submission_id;
        get diagnostics claimed = row_count;
        left_over := left_over - claimed;
      end loop;
    end $$;

    -- Ends an attempt: false when the lease is no longer ours. Internal; the functions below give it its meaning.
    create function end_attempt(p_municipality text, p_id uuid, p_lease_id uuid, p_state text, p_outcome text, p_delay interval, p_status int, p_detail text,
                                p_checkpoint jsonb, out ended boolean, out submission uuid, out target text) language plpgsql as $$
    declare started timestamptz; tries int;
    begin
      perform set_config('app.municipality', p_municipality, true);
      select w.leased_at, w.attempts into started, tries from delivery w
        where w.municipality = p_municipality and w.id = p_id and w.lease_id = p_lease_id for update;
      if not found then ended := false; return; end if;
      update delivery w
        set state = p_state, lease_id = null, leased_at = null, next_at = now() + coalesce(p_delay, interval '0'),
            attempts = case when p_outcome = 'released' then w.attempts - 1 else w.attempts end,
            checkpoint = coalesce(p_checkpoint, w.checkpoint),
            last_error = case when p_outcome in ('delivered', 'released') then w.last_error else p_detail end,
            delivered_at = case when p_state = 'delivered' then now() end
        where w.municipality = p_municipality and w.id = p_id
        returning w.submission_id, w.destination into submission, target;
      insert into delivery_attempt (municipality, delivery_id, n, started_at, outcome, status, detail)
        values (p_municipality, p_id, tries, started, p_outcome, p_status, p_detail);
      ended := true;
    end $$;

    -- Once nothing of a submission is open any more: 'forwarded', unless the back office was faster with news of its own.
    create function note_forwarded(p_municipality text, p_submission uuid) returns void language plpgsql as $$
    declare app uuid;
    begin
      -- the lock orders the last two deliveries of a submission, so that one of them sees that it is the last
      select s.application_id into app from submission s where s.municipality = p_municipality and s.id = p_submission;
      perform 1 from application a where a.municipality = p_municipality and a.id = app for update;
      if exists (select 1 from delivery w where w.municipality = p_municipality and w.submission_id = p_submission and w.state <> 'delivered') then return; end if;
      update application a set lifecycle = 'forwarded', updated_at = now() where a.municipality = p_municipality and a.id = app and a.lifecycle = 'submitted';
      insert into status_event (municipality, submission_id, status, at, source, external_id)
        values (p_municipality, p_submission, 'forwarded', now(), 'portal', 'portal:forwarded') on conflict do nothing;
    end $$;

    create function finish_delivery(p_municipality text, p_id uuid, p_lease_id uuid, p_status int, p_detail text, p_checkpoint jsonb)
      returns boolean language plpgsql as $$
    declare e record;
    begin
      e := end_attempt(p_municipality, p_id, p_lease_id, 'delivered', 'delivered', null, p_status, p_detail, p_checkpoint);
      if not e.ended then return false; end if;
      update destination c set failures = 0, open_until = null
        where c.municipality = p_municipality and c.id = e.target and (c.failures > 0 or c.open_until is not null);
      perform note_forwarded(p_municipality, e.submission);
      return true;
    end $$;

    create function retry_delivery(p_municipality text, p_id uuid, p_lease_id uuid, p_delay interval, p_error text, p_status int, p_counts boolean)
      returns boolean language plpgsql as $$
    declare e record;
    begin
      e := end_attempt(p_municipality, p_id, p_lease_id, 'queued', 'retry', p_delay, p_status, p_error, null);
      if not e.ended then return false; end if;
      if p_counts then
        update destination c set failures = c.failures + 1,
            open_until = case when c.failures + 1 >= c.breaker_after then greatest(c.open_until, now() + c.breaker_pause) else c.open_until end
          where c.municipality = p_municipality and c.id = e.target;
      end if;
      return true;
    end $$;

    create function park_delivery(p_municipality text, p_id uuid, p_lease_id uuid, p_error text, p_status int) returns boolean language plpgsql as $$
    begin
      return (end_attempt(p_municipality, p_id, p_lease_id, 'parked', 'parked', null, p_status, p_error, null)).ended;
    end $$;

    create function unknown_delivery(p_municipality text, p_id uuid, p_lease_id uuid, p_error text, p_status int) returns boolean language plpgsql as $$
    begin
      return (end_attempt(p_municipality, p_id, p_lease_id, 'unknown', 'unknown', null, p_status, p_error, null)).ended;
    end $$;

    create function release_delivery(p_municipality text, p_id uuid, p_lease_id uuid) returns boolean language plpgsql as $$
    begin
      return (end_attempt(p_municipality, p_id, p_lease_id, 'queued', 'released', null, null, null, null)).ended;
    end $$;

    create function checkpoint_delivery(p_municipality text, p_id uuid, p_lease_id uuid, p_checkpoint jsonb, p_lease interval) returns boolean language plpgsql as $$
    begin
      perform set_config('app.municipality', p_municipality, true);
      update delivery w set checkpoint = p_checkpoint, next_at = now() + p_lease
        where w.municipality = p_municipality and w.id = p_id and w.lease_id = p_lease_id;
      return found;
    end $$;

    create function trip_breaker(p_municipality text, p_destination text, p_for interval) returns void language plpgsql as $$
    begin
      perform set_config('app.municipality', p_municipality, true);
      update destination c set failures = greatest(c.failures, c.breaker_after), open_until = greatest(c.open_until, now() + p_for)
        where c.municipality = p_municipality and c.id = p_destination;
    end $$;

    create function resolve_delivery(p_municipality text, p_id uuid, p_state text, p_actor text) returns boolean language plpgsql as $$
    declare owner uuid;
    begin
      if p_state not in ('queued', 'delivered') then raise exception 'a delivery is resolved to queued or delivered'; end if;
      perform set_config('app.municipality', p_municipality, true);
      update delivery w set state = p_state, attempts = case when p_state = 'queued' then 0 else w.attempts end, next_at = now(),
          delivered_at = case when p_state = 'delivered' then now() end
        where w.municipality = p_municipality and w.id = p_id and w.state in ('parked', 'unknown') returning w.submission_id into owner;
      if not found then return false; end if;
      insert into audit (municipality, actor, action, subject, detail) values (p_municipality, p_actor, 'resolve-delivery', p_id::text, jsonb_build_object('state', p_state));
      if p_state = 'delivered' then perform note_forwarded(p_municipality, owner); end if;
      return true;
    end $$;

    create function sync_destination(p_municipality text, p_id text, p_max_in_flight int, p_breaker_after int, p_breaker_pause interval) returns void language plpgsql as $$
    begin
      perform set_config('app.municipality', p_municipality, true);
      insert into destination (municipality, id, max_in_flight, breaker_after, breaker_pause)
        values (p_municipality, p_id, p_max_in_flight, p_breaker_after, p_breaker_pause)
        on conflict (municipality, id) do update set max_in_flight = excluded.max_in_flight, breaker_after = excluded.breaker_after, breaker_pause = excluded.breaker_pause;
    end $$;

    create function delivery_totals()
      returns table (municipality text, submissions int, ordered int, queued int, sending int, delivered int, parked int, unknown int)
      language sql stable security definer set search_path = public, pg_temp as $$
      select s.municipality, s.submissions, s.ordered,
             coalesce(w.queued, 0), coalesce(w.sending, 0), coalesce(w.delivered, 0), coalesce(w.parked, 0), coalesce(w.unknown, 0)
      from (select municipality, count(*)::int as submissions, sum(ordered)::int as ordered from submission group by municipality) s
      left join (
        select municipality, (count(*) filter (where state = 'queued'))::int as queued, (count(*) filter (where state = 'sending'))::int as sending,
               (count(*) filter (where state = 'delivered'))::int as delivered, (count(*) filter (where state = 'parked'))::int as parked,
               (count(*) filter (where state = 'unknown'))::int as unknown
        from delivery group by municipality) w using (municipality)
      order by 1
    $$;

    create function next_delivery_at() returns timestamptz language sql stable security definer set search_path = public, pg_temp as $$
      select min(greatest(w.next_at, coalesce(c.open_until, w.next_at))) from delivery w
      join destination c on c.municipality = w.municipality and c.id = w.destination where w.state in ('queued', 'sending')
    $$;
    grant execute on all functions in schema public to schalter_app;
  `.execute(db);
}
