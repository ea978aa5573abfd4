/**
 * Receivers that take what was sent later than they got it. Such a delivery is `waiting`: it is asked about again at `ask_at`, by the same claim that
 * gives deliveries to send, and a failed question leaves it waiting. What proves the acceptance is kept, sealed.
 * Functions that an older node still calls keep their names and arguments.
 */
import { type Kysely, sql } from 'kysely';
import { protect } from './protect.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then grant schalter_worker to current_user; end if;
    end $$;
    grant create on schema public to schalter_worker;
    alter table delivery drop constraint delivery_state_check,
      add constraint delivery_state_check check (state in ('queued', 'sending', 'delivered', 'parked', 'unknown', 'waiting'));
    alter table delivery_attempt drop constraint delivery_attempt_outcome_check,
      add constraint delivery_attempt_outcome_check check (outcome in ('delivered', 'retry', 'parked', 'unknown', 'waiting', 'released', 'lost'));
    -- waiting_since: sent then, and not taken yet. ask_at: when its receiver is asked.
    alter table delivery add column waiting_since timestamptz, add column ask_at timestamptz,
      add constraint delivery_asked check (ask_at is null or state = 'waiting');
    create index delivery_ask on delivery (municipality, destination, ask_at) where ask_at is not null;
    -- The receiver's own name for a delivery, which its hints use: adapters that wait keep it as "remote".
    create index delivery_remote on delivery (municipality, destination, (checkpoint #>> '{data,remote}')) where ask_at is not null;
    create index delivery_unaccepted on delivery (waiting_since) where waiting_since is not null and state in ('queued', 'sending', 'waiting');

    -- What receivers signed about a delivery. source_id: their own id of it.
    create table delivery_proof (
      id bigint generated always as identity primary key,
      municipality text not null,
      delivery_id uuid not null,
      source_id text not null,
      kind text not null,
      recorded_at timestamptz not null default now(),
      sealed bytea not null,
      unique (municipality, delivery_id, source_id),
      foreign key (municipality, delivery_id) references delivery (municipality, id)
    );
  `.execute(db);
  await protect(db, 'delivery_proof', { app: ['select', 'insert'] });
  await changedFunctions(db);
  await newFunctions(db);
  await sql`
    do $$
    declare f regprocedure;
    begin
      for f in select p.oid::regprocedure from pg_proc p where p.pronamespace = 'public'::regnamespace
          and p.proname in ('delivery_figures', 'await_acceptance', 'accept_delivery', 'wake_delivery', 'unaccepted_deliveries') loop
        execute format('revoke execute on function %s from public', f);
        execute format('grant execute on function %s to schalter_app', f);
      end loop;
    end $$;
    alter function delivery_figures() owner to schalter_worker;
    alter function unaccepted_deliveries(interval, int) owner to schalter_worker;
    revoke create on schema public from schalter_worker;
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then revoke schalter_worker from current_user; end if;
    end $$;
  `.execute(db);
}

async function changedFunctions(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Deliveries to send and deliveries to ask about share their destination's room; which come first is drawn, so that neither waits for ever.
    create or replace function claim_deliveries(p_max int, p_lease interval)
      returns table (id uuid, municipality text, submission_id uuid, application_id uuid, service text, reference text, flow_hash text,
                     destination text, adapter text, idempotency_key text, lease_id uuid, attempts int, repeat boolean, queued_at timestamptz,
                     submitted_at timestamptz, checkpoint jsonb, envelope bytea, revision int, key_epoch text, wrapped_key bytea)
      language plpgsql security definer set search_path = public, pg_temp as $$
    #variable_conflict use_column
    declare candidate record; d destination%rowtype; room int; claimed int; left_over int := p_max; wanted uuid[]; kind boolean;
    begin
      for candidate in
        select c.municipality, c.id from destination c
        where (c.open_until is null or c.open_until <= now())
          and (exists (select 1 from delivery w where w.municipality = c.municipality and w.destination = c.id
                       and w.state in ('queued', 'sending') and w.next_at <= now())
            or exists (select 1 from delivery w where w.municipality = c.municipality and w.destination = c.id and w.ask_at <= now()))
        order by random()
      loop
        exit when left_over <= 0;
        -- Statement 1 locks the destination; what follows counts with a snapshot taken after the lock. In one statement two nodes would each
        -- see the room that the other is about to take.
        select * into d from destination c where c.municipality = candidate.municipality and c.id = candidate.id
          and (c.open_until is null or c.open_until <= now()) for update skip locked;
        continue when not found;
        room := least(left_over, case when d.failures >= d.breaker_after then 1 else d.max_in_flight end
          - (select count(*) from delivery w where w.municipality = d.municipality and w.destination = d.id and w.state = 'sending' and w.next_at > now())::int);
        continue when room <= 0;
        kind := random() < 0.5;
        wanted := '{}';
        for turn in 1..2 loop
          if kind then
            wanted := wanted || array(select w.id from delivery w where w.municipality = d.municipality and w.destination = d.id and w.ask_at <= now()
              order by w.ask_at limit room - cardinality(wanted) for update skip locked);
          else
            wanted := wanted || array(select w.id from delivery w where w.municipality = d.municipality and w.destination = d.id
              and w.state in ('queued', 'sending') and w.next_at <= now() order by w.next_at limit room - cardinality(wanted) for update skip locked);
          end if;
          kind := not kind;
        end loop;
        return query
          with due as (
            select w.id, w.state, w.attempts, w.leased_at from delivery w where w.municipality = d.municipality and w.id = any(wanted)
          ), lost as (
            insert into delivery_attempt (municipality, delivery_id, n, started_at, outcome)
              select d.municipality, due.id, due.attempts, due.leased_at, 'lost' from due where due.state = 'sending'
          ), taken as (
            update delivery w set state = 'sending', attempts = w.attempts + 1, lease_id = gen_random_uuid(), leased_at = now(), next_at = now() + p_lease,
                ask_at = null
              from due where w.municipality = d.municipality and w.id = due.id
              returning w.*, due.state = 'sending' as repeat
          )
          select t.id, t.municipality, t.submission_id, s.application_id, s.service, s.reference, s.flow_hash, t.destination, t.adapter, t.idempotency_key,
                 t.lease_id, t.attempts, t.repeat, t.created_at, s.submitted_at, t.checkpoint, t.envelope, s.revision, s.key_epoch, s.wrapped_key
          from taken t join submission s on s.municipality = t.municipality and s.id = t.submission_id;
        get diagnostics claimed = row_count;
        left_over := left_over - claimed;
      end loop;
    end $$;

    -- What was sent and not taken yet goes on waiting when a question about it fails or is handed back.
    create or replace function end_attempt(p_municipality text, p_id uuid, p_lease_id uuid, p_state text, p_outcome text, p_delay interval, p_status int,
                                p_detail text, p_checkpoint jsonb, out ended boolean, out submission uuid, out target text) language plpgsql as $$
    declare started timestamptz; tries int; asks boolean;
    begin
      perform set_config('app.municipality', p_municipality, true);
      select w.leased_at, w.attempts, p_state = 'queued' and w.waiting_since is not null into started, tries, asks from delivery w
        where w.municipality = p_municipality and w.id = p_id and w.lease_id = p_lease_id for update;
      if not found then ended := false; return; end if;
      update delivery w
        set state = case when asks then 'waiting' else p_state end, lease_id = null, leased_at = null, next_at = now() + coalesce(p_delay, interval '0'),
            ask_at = case when asks then now() + coalesce(p_delay, interval '0') end,
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

    -- Sent again by a person: it is not waiting any more, and its adapter is told (checkpoint "again").
    create or replace function resolve_delivery(p_municipality text, p_id uuid, p_state text, p_actor text) returns boolean language plpgsql as $$
    declare owner uuid;
    begin
      if p_state not in ('queued', 'delivered') then raise exception 'a delivery is resolved to queued or delivered'; end if;
      perform set_config('app.municipality', p_municipality, true);
      update delivery w set state = p_state, attempts = case when p_state = 'queued' then 0 else w.attempts end, next_at = now(),
          waiting_since = case when p_state = 'delivered' then w.waiting_since end,
          checkpoint = case when p_state = 'queued' then coalesce(w.checkpoint, '{}') || '{"again": true}' else w.checkpoint end,
          delivered_at = case when p_state = 'delivered' then now() end
        where w.municipality = p_municipality and w.id = p_id and w.state in ('parked', 'unknown') returning w.submission_id into owner;
      if not found then return false; end if;
      insert into audit (municipality, actor, action, subject, detail) values (p_municipality, p_actor, 'resolve-delivery', p_id::text, jsonb_build_object('state', p_state));
      if p_state = 'delivered' then perform note_forwarded(p_municipality, owner); end if;
      return true;
    end $$;

    create or replace function next_delivery_at() returns timestamptz language sql stable security definer set search_path = public, pg_temp as $$
      select min(greatest(first.due, coalesce(c.open_until, first.due))) from destination c cross join lateral (
        (select w.next_at as due from delivery w where w.municipality = c.municipality and w.destination = c.id and w.state in ('queued', 'sending')
          order by w.next_at limit 1)
        union all
        (select w.ask_at from delivery w where w.municipality = c.municipality and w.destination = c.id and w.ask_at is not null
          order by w.ask_at limit 1)) first
    $$;

    -- Per destination: submitted = queued + sending + delivered + parked + unknown + waiting. The left side comes from the submissions, the right from the
    -- deliveries. oldest_queued: seconds. breaker: 'closed', 'open', 'half-open' (the next one is a probe).
    drop function delivery_figures();
    create function delivery_figures()
      returns table (municipality text, destination text, submitted int, queued int, sending int, delivered int, parked int, unknown int, waiting int,
                     oldest_queued double precision, breaker text)
      language sql stable security definer set search_path = public, pg_temp as $$
      select c.municipality, c.id, coalesce(o.n, 0), coalesce(f.queued, 0), coalesce(f.sending, 0), coalesce(f.delivered, 0), coalesce(f.parked, 0),
             coalesce(f.unknown, 0), coalesce(f.waiting, 0), coalesce(f.oldest, 0),
             case when c.open_until > now() then 'open' when c.failures >= c.breaker_after then 'half-open' else 'closed' end
      from destination c
      left join (
        select s.municipality, d as id, count(*)::int as n from submission s cross join unnest(s.destinations) d group by 1, 2
      ) o on o.municipality = c.municipality and o.id = c.id
      left join (
        select w.municipality, w.destination as id, (count(*) filter (where w.state = 'queued'))::int as queued,
               (count(*) filter (where w.state = 'sending'))::int as sending, (count(*) filter (where w.state = 'delivered'))::int as delivered,
               (count(*) filter (where w.state = 'parked'))::int as parked, (count(*) filter (where w.state = 'unknown'))::int as unknown,
               (count(*) filter (where w.state = 'waiting'))::int as waiting,
               extract(epoch from now() - min(w.created_at) filter (where w.state = 'queued'))::double precision as oldest
        from delivery w group by 1, 2
      ) f on f.municipality = c.municipality and f.id = c.id
      order by 1, 2
    $$;
  `.execute(db);
}

async function newFunctions(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Sent, or asked about, and not taken yet: its receiver is asked again after p_delay. Neither counts as an attempt; the receiver is well. Only the
    -- send is kept among the attempts, not each question.
    create function await_acceptance(p_municipality text, p_id uuid, p_lease_id uuid, p_delay interval, p_status int, p_checkpoint jsonb)
      returns boolean language plpgsql as $$
    declare sent record; target text;
    begin
      perform set_config('app.municipality', p_municipality, true);
      select w.leased_at, w.attempts, w.waiting_since is null as first into sent from delivery w
        where w.municipality = p_municipality and w.id = p_id and w.lease_id = p_lease_id for update;
      if not found then return false; end if;
      update delivery w set state = 'waiting', lease_id = null, leased_at = null, attempts = 0, last_error = null,
          waiting_since = coalesce(w.waiting_since, now()), next_at = now() + p_delay, ask_at = now() + p_delay, checkpoint = coalesce(p_checkpoint, w.checkpoint)
        where w.municipality = p_municipality and w.id = p_id returning w.destination into target;
      if sent.first then
        insert into delivery_attempt (municipality, delivery_id, n, started_at, outcome, status)
          values (p_municipality, p_id, sent.attempts, sent.leased_at, 'waiting', p_status);
      end if;
      update destination c set failures = 0, open_until = null
        where c.municipality = p_municipality and c.id = target and (c.failures > 0 or c.open_until is not null);
      return true;
    end $$;

    -- The receiver took it: delivered, and received. p_news: the receiver's own id of that; p_from: the lifecycles that lead on to 'received'.
    create function accept_delivery(p_municipality text, p_id uuid, p_lease_id uuid, p_status int, p_source text, p_news text, p_from text[])
      returns boolean language plpgsql as $$
    declare owner uuid;
    begin
      if not finish_delivery(p_municipality, p_id, p_lease_id, p_status, null, null) then return false; end if;
      select w.submission_id into owner from delivery w where w.municipality = p_municipality and w.id = p_id;
      perform record_status(p_municipality, owner, 'received', now(), p_source, null, null, p_news, 'received', p_from);
      return true;
    end $$;

    -- The receiver gave a hint: ask now. Gives how many that were.
    create function wake_delivery(p_municipality text, p_destination text, p_remote text) returns int language plpgsql as $$
    declare n int;
    begin
      perform set_config('app.municipality', p_municipality, true);
      update delivery w set ask_at = now() where w.municipality = p_municipality and w.destination = p_destination
        and w.checkpoint #>> '{data,remote}' = p_remote and w.ask_at > now();
      get diagnostics n = row_count;
      return n;
    end $$;

    -- What was sent so long ago and is not taken yet, the longest waiting first. seconds: since it was sent.
    create function unaccepted_deliveries(p_for interval, p_max int)
      returns table (municipality text, destination text, delivery_id uuid, seconds double precision)
      language sql stable security definer set search_path = public, pg_temp as $$
      select w.municipality, w.destination, w.id, extract(epoch from now() - w.waiting_since)::double precision from delivery w
      where w.waiting_since <= now() - p_for and w.state in ('queued', 'sending', 'waiting') order by w.waiting_since limit p_max
    $$;
  `.execute(db);
}
