/**
 * The deliveries desk: what a person decides about deliveries, each act with a living staff session that has the role for it, and each in the log of
 * what staff did. A delivery that goes elsewhere gets a second delivery with a key of its own; the first stays as `redirected`, and `redirection` is the
 * other half of the equation's left side, as `submission.destinations` is the first: it is written by who decides, not by who sends.
 * And what waits for a person of this house to take it (a print that lies in the queue). Names and arguments of functions stay for older nodes.
 */
import { type Kysely, sql } from 'kysely';
import { protect } from './protect.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then grant schalter_worker, schalter_drafts to current_user; end if;
    end $$;
    grant create on schema public to schalter_drafts, schalter_worker;
    alter table delivery drop constraint delivery_state_check,
      add constraint delivery_state_check check (state in ('queued', 'sending', 'delivered', 'parked', 'unknown', 'waiting', 'redirected'));
    -- what waits for a person is listed, however long the queue is
    create index delivery_open on delivery (municipality, destination, state, created_at, id) where state in ('parked', 'unknown', 'waiting');

    create table redirection (
      id uuid primary key,
      municipality text not null,
      submission_id uuid not null,
      delivery_id uuid not null,
      source text not null,
      target text not null,
      reason text not null,
      proposed_by text not null,
      proposed_name text not null,
      proposed_at timestamptz not null default now(),
      decided_by text,
      decided_name text,
      decided_at timestamptz,
      outcome text check (outcome in ('confirmed', 'refused', 'overtaken')),
      foreign key (municipality, submission_id) references submission (municipality, id),
      foreign key (municipality, delivery_id) references delivery (municipality, id),
      check (source <> target),
      check ((outcome is null) = (decided_at is null)),
      -- four eyes, whatever a function does
      check (outcome is distinct from 'confirmed' or (decided_by is not null and decided_by <> proposed_by))
    );
    create unique index redirection_open on redirection (municipality, delivery_id) where outcome is null;
    create index redirection_submission on redirection (municipality, submission_id) where outcome = 'confirmed';
  `.execute(db);
  await protect(db, 'redirection', { app: ['select'], worker: ['select'] });
  await sql`
    grant select, insert, update on redirection to schalter_drafts;
    grant update on delivery to schalter_drafts;
  `.execute(db);
  await changedFunctions(db);
  await deskFunctions(db);
  await sql`
    revoke execute on all functions in schema public from public;
    do $$
    declare
      f regprocedure;
      inner_ones text[] := array['delivery_clerk'];
      outer_ones text[] := array['read_words', 'decide_delivery', 'replay_parked', 'propose_redirection', 'confirm_redirection', 'refuse_redirection'];
    begin
      for f in select p.oid::regprocedure from pg_proc p
          where p.pronamespace = 'public'::regnamespace and p.proname = any(inner_ones || outer_ones) loop
        execute format('alter function %s security definer', f);
        execute format('alter function %s set search_path = public, pg_temp', f);
        if (select p.proname = any(outer_ones) from pg_proc p where p.oid = f) then execute format('grant execute on function %s to schalter_app', f); end if;
        execute format('alter function %s owner to schalter_drafts', f);
      end loop;
    end $$;
    grant execute on function wait_delivery(text, uuid, uuid, text), delivery_figures(), delivery_gaps(int) to schalter_app;
    grant execute on function resolve_delivery(text, uuid, text, text), note_forwarded(text, uuid) to schalter_drafts;
    alter function delivery_figures() owner to schalter_worker;
    revoke create on schema public from schalter_drafts, schalter_worker;
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then revoke schalter_worker, schalter_drafts from current_user; end if;
    end $$;
  `.execute(db);
}

async function changedFunctions(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- What went elsewhere is not open any more.
    create or replace function note_forwarded(p_municipality text, p_submission uuid) returns void language plpgsql as $$
    declare app uuid;
    begin
      -- the lock orders the last two deliveries of a submission, so that one of them sees that it is the last
      select s.application_id into app from submission s where s.municipality = p_municipality and s.id = p_submission;
      perform 1 from application a where a.municipality = p_municipality and a.id = app for update;
      if exists (select 1 from delivery w where w.municipality = p_municipality and w.submission_id = p_submission
                 and w.state not in ('delivered', 'redirected')) then return; end if;
      update application a set lifecycle = 'forwarded', updated_at = now() where a.municipality = p_municipality and a.id = app and a.lifecycle = 'submitted';
      insert into status_event (municipality, submission_id, status, at, source, external_id)
        values (p_municipality, p_submission, 'forwarded', now(), 'portal', 'portal:forwarded') on conflict do nothing;
    end $$;

    -- Laid out: it waits until a person takes it, and nobody is asked meanwhile.
    create function wait_delivery(p_municipality text, p_id uuid, p_lease_id uuid, p_detail text) returns boolean language plpgsql as $$
    declare e record;
    begin
      e := end_attempt(p_municipality, p_id, p_lease_id, 'waiting', 'waiting', null, null, p_detail, null);
      if not e.ended then return false; end if;
      update destination c set failures = 0, open_until = null
        where c.municipality = p_municipality and c.id = e.target and (c.failures > 0 or c.open_until is not null);
      return true;
    end $$;

    -- Per destination: submitted = queued + sending + delivered + parked + unknown + waiting. The left side comes from the submissions and from what people
    -- redirected, the right side from the deliveries. oldest_queued: seconds. breaker: 'closed', 'open', 'half-open' (the next one is a probe).
    drop function delivery_figures();
    create function delivery_figures()
      returns table (municipality text, destination text, submitted int, queued int, sending int, delivered int, parked int, unknown int, waiting int,
                     oldest_queued double precision, breaker text, failures int, rests double precision)
      language sql stable security definer set search_path = public, pg_temp as $$
      select c.municipality, c.id, coalesce(o.n, 0), coalesce(f.queued, 0), coalesce(f.sending, 0), coalesce(f.delivered, 0), coalesce(f.parked, 0),
             coalesce(f.unknown, 0), coalesce(f.waiting, 0), coalesce(f.oldest, 0),
             case when c.open_until > now() then 'open' when c.failures >= c.breaker_after then 'half-open' else 'closed' end,
             c.failures, greatest(0, coalesce(extract(epoch from c.open_until - now()), 0))::double precision
      from destination c
      left join (
        select municipality, id, sum(n)::int as n from (
          select s.municipality, d as id, count(*) as n from submission s cross join unnest(s.destinations) d group by 1, 2
          union all select r.municipality, r.target, count(*) from redirection r where r.outcome = 'confirmed' group by 1, 2
          union all select r.municipality, r.source, -count(*) from redirection r where r.outcome = 'confirmed' group by 1, 2
        ) parts group by 1, 2
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

    -- Where orders and deliveries differ, one by one: 'missing' (ordered, no delivery) and 'stray' (a delivery that nobody ordered).
    create or replace function delivery_gaps(p_max int) returns table (municipality text, submission_id uuid, destination text, kind text)
      language sql stable security definer set search_path = public, pg_temp as $$
      with moved as (
        select municipality, submission_id, id, sum(n)::int as n from (
          select r.municipality, r.submission_id, r.target as id, 1 as n from redirection r where r.outcome = 'confirmed'
          union all select r.municipality, r.submission_id, r.source, -1 from redirection r where r.outcome = 'confirmed'
        ) steps group by 1, 2, 3
      ), ordered as (
        select s.municipality, s.id as submission_id, d as id from submission s cross join unnest(s.destinations) d
        where not exists (select 1 from moved m where m.municipality = s.municipality and m.submission_id = s.id and m.id = d and m.n < 0)
        union select m.municipality, m.submission_id, m.id from moved m where m.n > 0
      ), gaps as (
        select o.municipality, o.submission_id, o.id, 'missing' as kind from ordered o
          where not exists (select 1 from delivery w where w.municipality = o.municipality and w.submission_id = o.submission_id
                            and w.destination = o.id and w.state <> 'redirected')
        union all
        select w.municipality, w.submission_id, w.destination, 'stray' from delivery w
          where w.state <> 'redirected' and not exists (select 1 from ordered o where o.municipality = w.municipality
                            and o.submission_id = w.submission_id and o.id = w.destination)
      )
      select g.municipality, g.submission_id, g.id, g.kind from (select gaps.*, row_number() over (partition by gaps.kind) as place from gaps) g
      where g.place <= p_max
    $$;
  `.execute(db);
}

async function deskFunctions(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- The living session with a role, and the delivery, locked. p_delivery null: it is about no single one. Who calls this ends with note_access.
    create function delivery_clerk(p_municipality text, p_staff bytea, p_role text, p_delivery uuid,
                                   out may boolean, out who staff_session, out d delivery, out application uuid) language plpgsql as $$
    declare s record;
    begin
      s := staff_of(p_municipality, p_staff);
      who := s.who;
      select * into d from delivery w where w.municipality = p_municipality and w.id = p_delivery for update;
      select b.application_id into application from submission b where b.municipality = p_municipality and b.id = d.submission_id;
      -- staff_of asks for the roles of the counter, this asks for its own
      may := coalesce(who.expires_at > now() and who.seen_at > now() - custody_idle() and p_role = any(who.roles)
        and (p_delivery is null or d.id is not null), false);
    end $$;

    -- What the back office said when it refused, sealed. The log knows who read it.
    create function read_words(p_municipality text, p_staff bytea, p_delivery uuid) returns bytea language plpgsql as $$
    declare c record;
    begin
      c := delivery_clerk(p_municipality, p_staff, 'deliveries', p_delivery);
      perform note_access(c.who, c.application, 'deliveries', case when c.may then 'read-words' else 'read-words-refused' end, null);
      return case when c.may then (c.d).words end;
    end $$;

    -- 'again': parked or unknown -> queued; 'arrived': unknown -> delivered. outcome: 'done'; 'forbidden'; 'changed' (it is not what the person saw)
    create function decide_delivery(p_municipality text, p_staff bytea, p_delivery uuid, p_decision text) returns text language plpgsql as $$
    declare c record; result text := 'changed';
    begin
      if p_decision not in ('again', 'arrived') then raise exception 'a delivery is sent again or has arrived'; end if;
      c := delivery_clerk(p_municipality, p_staff, 'deliveries', p_delivery);
      if not c.may then result := 'forbidden';
      elsif (c.d).state = 'unknown' or ((c.d).state = 'parked' and p_decision = 'again') then
        perform resolve_delivery(p_municipality, p_delivery, case p_decision when 'again' then 'queued' else 'delivered' end, 'staff:' || (c.who).subject);
        result := 'done';
      end if;
      perform note_access(c.who, c.application, 'deliveries', 'delivery-' || p_decision || case when result = 'done' then '' else '-refused' end, null);
      return result;
    end $$;

    -- Everything that is parked for a destination is sent again; gives how many, null: forbidden
    create function replay_parked(p_municipality text, p_staff bytea, p_destination text) returns int language plpgsql as $$
    declare c record; parked record; n int;
    begin
      c := delivery_clerk(p_municipality, p_staff, 'deliveries', null);
      if c.may then
        n := 0;
        for parked in select w.id from delivery w where w.municipality = p_municipality and w.destination = p_destination and w.state = 'parked'
            order by w.created_at for update loop
          perform resolve_delivery(p_municipality, parked.id, 'queued', 'staff:' || (c.who).subject);
          n := n + 1;
        end loop;
      end if;
      perform note_access(c.who, null, 'deliveries', case when c.may then 'delivery-again-all' else 'delivery-again-all-refused' end, null);
      return n;
    end $$;

    -- First pair of eyes. outcome: 'proposed', 'forbidden', 'changed' (neither parked nor queued), 'open' (somebody proposed something already),
    -- 'there' (the submission has a delivery to that destination)
    create function propose_redirection(p_municipality text, p_staff bytea, p_id uuid, p_delivery uuid, p_target text, p_reason text)
      returns text language plpgsql as $$
    declare c record; result text := 'proposed';
    begin
      c := delivery_clerk(p_municipality, p_staff, 'deliveries', p_delivery);
      if not c.may then result := 'forbidden';
      elsif (c.d).state not in ('parked', 'queued') then result := 'changed';
      elsif exists (select 1 from delivery w where w.municipality = p_municipality and w.submission_id = (c.d).submission_id and w.destination = p_target
                    and w.state <> 'redirected') then result := 'there';
      else
        insert into redirection (id, municipality, submission_id, delivery_id, source, target, reason, proposed_by, proposed_name)
          values (p_id, p_municipality, (c.d).submission_id, p_delivery, (c.d).destination, p_target, p_reason, (c.who).subject, (c.who).name)
          on conflict (municipality, delivery_id) where outcome is null do nothing;
        if not found then result := 'open'; end if;
      end if;
      if result = 'proposed' then
        insert into audit (municipality, actor, action, subject, detail) values (p_municipality, 'staff:' || (c.who).subject, 'redirect-propose',
          p_delivery::text, jsonb_build_object('redirection', p_id, 'to', p_target, 'reason', p_reason));
      end if;
      perform note_access(c.who, c.application, 'deliveries', case when result = 'proposed' then 'redirect-propose' else 'redirect-propose-refused' end, null);
      return result;
    end $$;

    -- Second pair of eyes, never the first again. One transaction ends the one delivery and orders the other, with the key <submission>:<target>.
    -- Where it comes back to a destination that had it before, that delivery is taken up again: same key, same contents.
    -- outcome: 'confirmed', 'forbidden', 'same-person', 'changed'
    create function confirm_redirection(p_municipality text, p_staff bytea, p_id uuid, p_new uuid, p_adapter text, p_envelope bytea)
      returns text language plpgsql as $$
    declare c record; r redirection; result text := 'changed'; ordered uuid;
    begin
      perform set_config('app.municipality', p_municipality, true);
      select * into r from redirection e where e.municipality = p_municipality and e.id = p_id;
      c := delivery_clerk(p_municipality, p_staff, 'deliveries', r.delivery_id);
      -- read again under the lock of the delivery
      select * into r from redirection e where e.municipality = p_municipality and e.id = p_id for update;
      if not c.may or r.id is null then result := 'forbidden';
      elsif r.outcome is null and r.proposed_by = (c.who).subject then result := 'same-person';
      elsif r.outcome is null then
        if (c.d).state in ('parked', 'queued') then
          insert into destination (municipality, id) values (p_municipality, r.target) on conflict do nothing;
          insert into delivery (id, municipality, submission_id, destination, adapter, idempotency_key, envelope)
            values (p_new, p_municipality, r.submission_id, r.target, p_adapter, r.submission_id || ':' || r.target, p_envelope)
            on conflict (municipality, submission_id, destination) do update
              set state = 'queued', attempts = 0, next_at = now(), adapter = excluded.adapter, envelope = excluded.envelope, waiting_since = null,
                  checkpoint = coalesce(delivery.checkpoint, '{}') || '{"again": true}'
              where delivery.state = 'redirected'
            returning delivery.id into ordered;
        end if;
        if ordered is null then
          update redirection e set outcome = 'overtaken', decided_at = now() where e.municipality = p_municipality and e.id = p_id;
        else
          update delivery w set state = 'redirected' where w.municipality = p_municipality and w.id = r.delivery_id;
          update redirection e set outcome = 'confirmed', decided_by = (c.who).subject, decided_name = (c.who).name, decided_at = now()
            where e.municipality = p_municipality and e.id = p_id;
          insert into audit (municipality, actor, action, subject, detail) values (p_municipality, 'staff:' || (c.who).subject, 'redirect-confirm',
            r.delivery_id::text, jsonb_build_object('redirection', p_id, 'to', r.target, 'delivery', ordered, 'proposed', r.proposed_by));
          result := 'confirmed';
        end if;
      end if;
      perform note_access(c.who, c.application, 'deliveries', case when result = 'confirmed' then 'redirect-confirm' else 'redirect-confirm-refused' end, null);
      return result;
    end $$;

    -- Not so: by the second person, or withdrawn by the first. outcome: 'refused', 'forbidden', 'changed'
    create function refuse_redirection(p_municipality text, p_staff bytea, p_id uuid) returns text language plpgsql as $$
    declare c record; r redirection; result text := 'refused';
    begin
      perform set_config('app.municipality', p_municipality, true);
      select * into r from redirection e where e.municipality = p_municipality and e.id = p_id;
      c := delivery_clerk(p_municipality, p_staff, 'deliveries', r.delivery_id);
      if not c.may or r.id is null then result := 'forbidden';
      else
        update redirection e set outcome = 'refused', decided_by = (c.who).subject, decided_name = (c.who).name, decided_at = now()
          where e.municipality = p_municipality and e.id = p_id and e.outcome is null;
        if not found then result := 'changed'; end if;
      end if;
      if result = 'refused' then
        insert into audit (municipality, actor, action, subject, detail) values (p_municipality, 'staff:' || (c.who).subject, 'redirect-refuse',
          r.delivery_id::text, jsonb_build_object('redirection', p_id));
      end if;
      perform note_access(c.who, c.application, 'deliveries', case when result = 'refused' then 'redirect-refuse' else 'redirect-refuse-refused' end, null);
      return result;
    end $$;
  `.execute(db);
}
