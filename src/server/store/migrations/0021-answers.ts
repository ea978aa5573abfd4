/**
 * Answers to what a back office asks (docs/adr/0022). A follow-up is a row of its own, with a delivery of its own on the same submission: one for each
 * question. Its files are taken in before it exists, under the question they answer (`answer:<event>`), and are frozen with it.
 * What was ordered and frozen when the application was handed in stays as it is. Names and arguments of functions that older nodes call stay, too; such
 * a node that claims an answer cannot open it and leaves it to the others.
 */
import { type Kysely, sql } from 'kysely';
import { protect } from './protect.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then grant schalter_worker, schalter_drafts to current_user; end if;
    end $$;
    grant create on schema public to schalter_drafts, schalter_worker;

    alter table status_event add unique (municipality, id);
    create table followup (
      id uuid primary key,
      municipality text not null,
      submission_id uuid not null,
      -- who asked, and gets the answer
      destination text not null,
      -- the question
      event_id bigint not null,
      n int not null check (n > 0),
      channel text not null,
      contents bytea not null,
      payload_sha256 bytea not null check (length(payload_sha256) = 32),
      answered_at timestamptz not null,
      unique (municipality, id),
      unique (municipality, submission_id, event_id),
      unique (municipality, submission_id, n),
      foreign key (municipality, submission_id) references submission (municipality, id),
      foreign key (municipality, event_id) references status_event (municipality, id),
      foreign key (municipality, destination) references destination (municipality, id)
    );
    alter table followup alter column contents set storage external;
    create index followup_destination on followup (municipality, destination);

    alter table delivery add column followup_id uuid, add foreign key (municipality, followup_id) references followup (municipality, id);
    create unique index delivery_submission on delivery (municipality, submission_id, destination) where followup_id is null;
    alter table delivery drop constraint delivery_municipality_submission_id_destination_key;
    create unique index delivery_followup on delivery (municipality, followup_id) where followup_id is not null;

    -- who of staff took a file in, where no draft says so
    alter table file add column taken_by text;
  `.execute(db);
  await protect(db, 'followup', { app: ['select'], worker: ['select'] });
  await sql`grant select, insert on followup to schalter_drafts`.execute(db);
  await deliveries(db);
  await figures(db);
  await answers(db);
  await sql`
    do $$
    declare
      f regprocedure;
      ours text[] := array['begin_answer_file', 'store_answer_file', 'remove_answer_file', 'answer_question', 'open_for_answer'];
    begin
      for f in select p.oid::regprocedure from pg_proc p where p.pronamespace = 'public'::regnamespace and p.proname = any(ours) loop
        execute format('revoke execute on function %s from public', f);
        execute format('alter function %s security definer', f);
        execute format('alter function %s set search_path = public, pg_temp', f);
        execute format('grant execute on function %s to schalter_app', f);
        execute format('alter function %s owner to schalter_drafts', f);
      end loop;
    end $$;
    revoke execute on function open_question(text, uuid), answer_delivered(), claim_deliveries(int, interval), delivery_figures() from public;
    grant execute on function open_question(text, uuid) to schalter_app, schalter_drafts;
    grant execute on function claim_deliveries(int, interval), delivery_figures() to schalter_app;
    alter function claim_deliveries(int, interval) owner to schalter_worker;
    alter function delivery_figures() owner to schalter_worker;
    revoke create on schema public from schalter_drafts, schalter_worker;
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then revoke schalter_worker, schalter_drafts from current_user; end if;
    end $$;
  `.execute(db);
}

/** What is claimed says whether it is an answer, and what ends as delivered does for the question what it did for the application. */
async function deliveries(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- As in 0016 and 0019; answer: its number, null for an application.
    drop function claim_deliveries(int, interval);
    create function claim_deliveries(p_max int, p_lease interval)
      returns table (id uuid, municipality text, submission_id uuid, application_id uuid, service text, reference text, flow_hash text,
                     destination text, adapter text, idempotency_key text, lease_id uuid, attempts int, repeat boolean, queued_at timestamptz,
                     submitted_at timestamptz, checkpoint jsonb, envelope bytea, revision int, key_epoch text, wrapped_key bytea, answer int)
      language plpgsql security definer set search_path = public, pg_temp set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
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
                 t.lease_id, t.attempts, t.repeat, t.created_at, s.submitted_at, t.checkpoint, t.envelope, s.revision, s.key_epoch, s.wrapped_key, f.n
          from taken t join submission s on s.municipality = t.municipality and s.id = t.submission_id
            left join followup f on f.municipality = t.municipality and f.id = t.followup_id;
        get diagnostics claimed = row_count;
        left_over := left_over - claimed;
      end loop;
    end $$;

    -- As in 0017; answers are another matter than whether the application went on.
    create or replace function note_forwarded(p_municipality text, p_submission uuid) returns void language plpgsql as $$
    declare app uuid;
    begin
      -- the lock orders the last two deliveries of a submission, so that one of them sees that it is the last
      select s.application_id into app from submission s where s.municipality = p_municipality and s.id = p_submission;
      perform 1 from application a where a.municipality = p_municipality and a.id = app for update;
      if exists (select 1 from delivery w where w.municipality = p_municipality and w.submission_id = p_submission and w.followup_id is null
                 and w.state not in ('delivered', 'redirected')) then return; end if;
      update application a set lifecycle = 'forwarded', updated_at = now() where a.municipality = p_municipality and a.id = app and a.lifecycle = 'submitted';
      insert into status_event (municipality, submission_id, status, at, source, external_id)
        values (p_municipality, p_submission, 'forwarded', now(), 'portal', 'portal:forwarded') on conflict do nothing;
    end $$;

    -- An answer has arrived, in whatever way a delivery ends: the question is settled, unless there is a newer one, or news that was faster.
    create function answer_delivered() returns trigger language plpgsql as $$
    declare f followup; app uuid;
    begin
      select * into f from followup t where t.municipality = new.municipality and t.id = new.followup_id;
      select s.application_id into app from submission s where s.municipality = new.municipality and s.id = new.submission_id;
      perform 1 from application a where a.municipality = new.municipality and a.id = app for update;
      insert into status_event (municipality, submission_id, status, at, source, external_id)
        values (new.municipality, new.submission_id, 'answer_forwarded', now(), 'portal', 'portal:answer-forwarded:' || f.n) on conflict do nothing;
      update application a set lifecycle = 'in_progress', updated_at = now()
        where a.municipality = new.municipality and a.id = app and a.lifecycle = 'information_requested'
          and not exists (select 1 from status_event e where e.municipality = new.municipality and e.submission_id = new.submission_id
                          and e.status = 'information_requested' and e.id > f.event_id);
      return null;
    end $$;
    create trigger answer_delivered after update of state on delivery for each row
      when (new.followup_id is not null and new.state = 'delivered' and old.state <> 'delivered') execute function answer_delivered();

    -- As in 0016; that an answer was taken is no news about the application.
    create or replace function accept_delivery(p_municipality text, p_id uuid, p_lease_id uuid, p_status int, p_source text, p_news text, p_from text[])
      returns boolean language plpgsql as $$
    declare owner uuid;
    begin
      if not finish_delivery(p_municipality, p_id, p_lease_id, p_status, null, null) then return false; end if;
      select w.submission_id into owner from delivery w where w.municipality = p_municipality and w.id = p_id and w.followup_id is null;
      if found then perform record_status(p_municipality, owner, 'received', now(), p_source, null, null, p_news, 'received', p_from); end if;
      return true;
    end $$;

    -- As in 0017. An answer goes to who asked, or nowhere: 'changed'.
    create or replace function propose_redirection(p_municipality text, p_staff bytea, p_id uuid, p_delivery uuid, p_target text, p_reason text)
      returns text language plpgsql security definer set search_path = public, pg_temp as $$
    declare c record; result text := 'proposed';
    begin
      c := delivery_clerk(p_municipality, p_staff, 'deliveries', p_delivery);
      if not c.may then result := 'forbidden';
      elsif (c.d).state not in ('parked', 'queued') or (c.d).followup_id is not null then result := 'changed';
      elsif exists (select 1 from delivery w where w.municipality = p_municipality and w.submission_id = (c.d).submission_id and w.destination = p_target
                    and w.followup_id is null and w.state <> 'redirected') then result := 'there';
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

    -- As in 0017.
    create or replace function confirm_redirection(p_municipality text, p_staff bytea, p_id uuid, p_new uuid, p_adapter text, p_envelope bytea)
      returns text language plpgsql security definer set search_path = public, pg_temp as $$
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
            on conflict (municipality, submission_id, destination) where followup_id is null do update
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
  `.execute(db);
}

/** The equation grows on both sides: follow-ups are ordered by their own rows. Gaps are looked for by kind, so that none hides another. */
async function figures(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- As in 0017; answers: how many of what was submitted are answers.
    drop function delivery_figures();
    create function delivery_figures()
      returns table (municipality text, destination text, submitted int, queued int, sending int, delivered int, parked int, unknown int, waiting int,
                     oldest_queued double precision, breaker text, failures int, rests double precision, answers int)
      language sql stable security definer set search_path = public, pg_temp as $$
      select c.municipality, c.id, coalesce(o.n, 0) + coalesce(t.n, 0), coalesce(f.queued, 0), coalesce(f.sending, 0), coalesce(f.delivered, 0),
             coalesce(f.parked, 0), coalesce(f.unknown, 0), coalesce(f.waiting, 0), coalesce(f.oldest, 0),
             case when c.open_until > now() then 'open' when c.failures >= c.breaker_after then 'half-open' else 'closed' end,
             c.failures, greatest(0, coalesce(extract(epoch from c.open_until - now()), 0))::double precision, coalesce(t.n, 0)
      from destination c
      left join (
        select municipality, id, sum(n)::int as n from (
          select s.municipality, d as id, count(*) as n from submission s cross join unnest(s.destinations) d group by 1, 2
          union all select r.municipality, r.target, count(*) from redirection r where r.outcome = 'confirmed' group by 1, 2
          union all select r.municipality, r.source, -count(*) from redirection r where r.outcome = 'confirmed' group by 1, 2
        ) parts group by 1, 2
      ) o on o.municipality = c.municipality and o.id = c.id
      left join (
        select t.municipality, t.destination as id, count(*)::int as n from followup t group by 1, 2
      ) t on t.municipality = c.municipality and t.id = c.id
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

    -- As in 0006, for nodes that know of applications only.
    create or replace function delivery_totals()
      returns table (municipality text, submissions int, ordered int, queued int, sending int, delivered int, parked int, unknown int)
      language sql stable security definer set search_path = public, pg_temp as $$
      select s.municipality, s.submissions, s.ordered,
             coalesce(w.queued, 0), coalesce(w.sending, 0), coalesce(w.delivered, 0), coalesce(w.parked, 0), coalesce(w.unknown, 0)
      from (select municipality, count(*)::int as submissions, sum(ordered)::int as ordered from submission group by municipality) s
      left join (
        select municipality, (count(*) filter (where state = 'queued'))::int as queued, (count(*) filter (where state = 'sending'))::int as sending,
               (count(*) filter (where state = 'delivered'))::int as delivered, (count(*) filter (where state = 'parked'))::int as parked,
               (count(*) filter (where state = 'unknown'))::int as unknown
        from delivery where followup_id is null group by municipality) w using (municipality)
      order by 1
    $$;

    -- As in 0017, and the same for answers: one without its delivery, or a delivery of one to somebody else.
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
                            and w.destination = o.id and w.followup_id is null and w.state <> 'redirected')
        union all
        select w.municipality, w.submission_id, w.destination, 'stray' from delivery w
          where w.followup_id is null and w.state <> 'redirected' and not exists (select 1 from ordered o where o.municipality = w.municipality
                            and o.submission_id = w.submission_id and o.id = w.destination)
        union all
        select t.municipality, t.submission_id, t.destination, 'missing' from followup t
          where not exists (select 1 from delivery w where w.municipality = t.municipality and w.followup_id = t.id and w.submission_id = t.submission_id
                            and w.destination = t.destination and w.state <> 'redirected')
        union all
        select w.municipality, w.submission_id, w.destination, 'stray' from delivery w
          where w.followup_id is not null and not exists (select 1 from followup t where t.municipality = w.municipality and t.id = w.followup_id
                            and t.submission_id = w.submission_id and t.destination = w.destination)
      )
      select g.municipality, g.submission_id, g.id, g.kind from (select gaps.*, row_number() over (partition by gaps.kind) as place from gaps) g
      where g.place <= p_max
    $$;
  `.execute(db);
}

async function answers(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- The newest question, while it waits for its answer; n: the answer's number. No row: nothing is asked, it was answered or withdrawn, or the
    -- application went elsewhere meanwhile.
    create function open_question(p_municipality text, p_submission uuid) returns table (event_id bigint, destination text, adapter text, n int)
      language sql stable as $$
      select e.id, w.destination, w.adapter,
             (select coalesce(max(f.n), 0) + 1 from followup f where f.municipality = s.municipality and f.submission_id = s.id)
      from submission s
      join application a on a.municipality = s.municipality and a.id = s.application_id and a.lifecycle = 'information_requested'
      cross join lateral (
        select q.id, q.source from status_event q where q.municipality = s.municipality and q.submission_id = s.id and q.status = 'information_requested'
        order by q.id desc limit 1) e
      join delivery w on w.municipality = s.municipality and w.submission_id = s.id and w.followup_id is null and w.state <> 'redirected'
        and e.source = 'backoffice:' || w.destination
      where s.municipality = p_municipality and s.id = p_submission
        and not exists (select 1 from followup f where f.municipality = s.municipality and f.submission_id = s.id and f.event_id = e.id)
    $$;

    -- Locks the application, so that a question is answered, and files come and go, one after the other. The open question of its submission.
    create function lock_question(p_municipality text, p_application uuid, out submission uuid, out event bigint) language plpgsql as $$
    begin
      perform set_config('app.municipality', p_municipality, true);
      perform 1 from application a where a.municipality = p_municipality and a.id = p_application for no key update;
      select s.id into submission from submission s where s.municipality = p_municipality and s.application_id = p_application;
      select q.event_id into event from open_question(p_municipality, submission) q;
    end $$;

    -- A file of an answer; p_field_path: answer:<event>. p_staff: who takes it in at the counter. Outcomes as of begin_file.
    create function begin_answer_file(p_municipality text, p_id uuid, p_application uuid, p_field_path text, p_name_sealed bytea, p_mime text,
        p_max_files int, p_staff bytea) returns text language plpgsql as $$
    declare s record; q record; clerk text;
    begin
      if p_staff is not null then
        s := staff_of(p_municipality, p_staff);
        if not s.serves then return 'gone'; end if;
        clerk := (s.who).subject;
      end if;
      q := lock_question(p_municipality, p_application);
      if p_field_path is distinct from 'answer:' || q.event then return 'gone'; end if;
      if exists (select 1 from file f where f.municipality = p_municipality and f.id = p_id) then return 'exists'; end if;
      if (select count(*) from file f where f.municipality = p_municipality and f.application_id = p_application and f.field_path = p_field_path) >= p_max_files
        then return 'too-many'; end if;
      insert into file (id, municipality, application_id, field_path, name_sealed, mime, taken_by)
        values (p_id, p_municipality, p_application, p_field_path, p_name_sealed, p_mime, clerk);
      return 'begun';
    end $$;

    -- The same for a file that comes in one piece.
    create function store_answer_file(p_municipality text, p_id uuid, p_application uuid, p_field_path text, p_name_sealed bytea, p_mime text,
        p_max_files int, p_bytes bytea, p_size int, p_sha256 bytea, p_staff bytea) returns text language plpgsql as $$
    declare begun text := begin_answer_file(p_municipality, p_id, p_application, p_field_path, p_name_sealed, p_mime, p_max_files, p_staff);
    begin
      if begun <> 'begun' then return begun; end if;
      perform add_file_chunk(p_municipality, p_id, 0, p_bytes);
      perform finish_file(p_municipality, p_id, p_mime, p_size, 1, p_sha256);
      return begun;
    end $$;

    -- As in 0013; an answer's file names who took it in.
    create or replace function finish_file(p_municipality text, p_id uuid, p_mime text, p_size int, p_chunks int, p_sha256 bytea)
      returns boolean language plpgsql security definer set search_path = public, pg_temp as $$
    declare draft uuid; clerk text;
    begin
      perform set_config('app.municipality', p_municipality, true);
      if (select count(*) from file_chunk c where c.municipality = p_municipality and c.file_id = p_id and c.n < p_chunks) <> p_chunks then return false; end if;
      update file f set state = 'stored', mime = p_mime, size = p_size, chunks = p_chunks, sha256 = p_sha256
        where f.municipality = p_municipality and f.id = p_id and f.state = 'uploading'
        returning application_id, taken_by into draft, clerk;
      if not found then return false; end if;
      insert into audit (municipality, actor, action, subject, detail)
        select p_municipality, coalesce('staff:' || coalesce(clerk, case when at_counter(a) then a.custody_subject end), 'citizen'), 'upload', draft::text,
            jsonb_build_object('file', p_id, 'size', p_size)
          from application a where a.municipality = p_municipality and a.id = draft;
      return true;
    end $$;

    -- Only while its question is open: what was sent keeps its files.
    create function remove_answer_file(p_municipality text, p_application uuid, p_id uuid) returns boolean language plpgsql as $$
    declare q record;
    begin
      q := lock_question(p_municipality, p_application);
      delete from file f where f.municipality = p_municipality and f.application_id = p_application and f.id = p_id and f.field_path = 'answer:' || q.event;
      return found;
    end $$;

    -- Freezes an answer: its row, its delivery, what the timeline says, in one transaction. outcome: 'answered'; 'replayed' (this question was answered
    -- before: that answer's id); 'closed' (it is not the open question, or was withdrawn); 'changed' (its files, or its number, are not what p_envelope
    -- says: read again); 'forbidden' (p_staff is no living session with a role for it). Files of the question that are not among p_files are let go.
    create function answer_question(p_municipality text, p_submission uuid, p_event bigint, p_id uuid, p_delivery uuid, p_n int, p_channel text,
        p_contents bytea, p_payload_sha256 bytea, p_envelope bytea, p_adapter text, p_answered_at timestamptz, p_files uuid[], p_staff bytea)
      returns table (outcome text, id uuid) language plpgsql as $$
    #variable_conflict use_column
    declare app uuid; q record; first uuid; clerk record; place text := 'answer:' || p_event; actor text := 'citizen';
    begin
      perform set_config('app.municipality', p_municipality, true);
      select s.application_id into app from submission s where s.municipality = p_municipality and s.id = p_submission;
      perform 1 from application a where a.municipality = p_municipality and a.id = app for no key update;
      if p_staff is not null then
        clerk := staff_of(p_municipality, p_staff);
        if not clerk.serves then
          perform note_access(clerk.who, app, 'answer', 'answer-forbidden', null);
          return query select 'forbidden', null::uuid;
          return;
        end if;
        actor := 'staff:' || (clerk.who).subject;
      end if;
      select f.id into first from followup f where f.municipality = p_municipality and f.submission_id = p_submission and f.event_id = p_event;
      if found then return query select 'replayed', first; return; end if;
      select * into q from open_question(p_municipality, p_submission);
      if q.event_id is distinct from p_event then return query select 'closed', null::uuid; return; end if;
      if q.n <> p_n or (select count(*) from file f where f.municipality = p_municipality and f.application_id = app and f.field_path = place
          and f.state = 'stored' and f.id = any(p_files)) <> cardinality(p_files) then
        return query select 'changed', null::uuid;
        return;
      end if;
      delete from file f where f.municipality = p_municipality and f.application_id = app and f.field_path = place and f.id <> all(p_files);
      insert into followup (id, municipality, submission_id, destination, event_id, n, channel, contents, payload_sha256, answered_at)
        values (p_id, p_municipality, p_submission, q.destination, p_event, p_n, p_channel, p_contents, p_payload_sha256, p_answered_at);
      insert into delivery (id, municipality, submission_id, destination, adapter, idempotency_key, envelope, followup_id)
        values (p_delivery, p_municipality, p_submission, q.destination, coalesce(p_adapter, q.adapter),
                p_submission || ':' || q.destination || ':' || p_n, p_envelope, p_id);
      insert into status_event (municipality, submission_id, status, at, source, external_id)
        values (p_municipality, p_submission, 'answered', p_answered_at, 'portal', 'portal:answered:' || p_n);
      insert into audit (municipality, actor, action, subject, detail) values (p_municipality, actor, 'answer', app::text,
        jsonb_build_object('submission', p_submission, 'answer', p_id, 'n', p_n, 'files', cardinality(p_files)));
      if p_staff is not null then perform note_access(clerk.who, app, 'answer', 'answer', null); end if;
      return query select 'answered', p_id;
    end $$;

    -- For staff, with the citizen there: the submission by its reference and second factor. Null: wrong, tried too often (10 wrong ones in a quarter of an
    -- hour), or no living session with a role for it. Either way the log has a row.
    create function open_for_answer(p_municipality text, p_staff bytea, p_reference text, p_factors bytea[]) returns uuid language plpgsql as $$
    declare s record; opened uuid; app uuid; counted bytea := sha256('answer'::bytea || p_staff);
    begin
      s := staff_of(p_municipality, p_staff);
      if s.serves and hit_rate_limit(p_municipality, counted, 10, interval '15 minutes') = 0 then
        select b.id, b.application_id into opened, app from submission b
          where b.municipality = p_municipality and b.reference = p_reference and b.factor_hash = any(p_factors);
      end if;
      -- only wrong tries count
      if opened is not null then update rate_limit r set count = r.count - 1 where r.municipality = p_municipality and r.key = counted; end if;
      perform note_access(s.who, app, 'answer', case when opened is null then 'answer-open-refused' else 'answer-open' end, null);
      return opened;
    end $$;

    -- As in 0011, and who opened or answered it after it was handed in.
    create or replace function opened_by(p_municipality text, p_application uuid)
      returns table (at timestamptz, action text, name text, site text, desk text)
      language plpgsql security definer set search_path = public, pg_temp as $$
    #variable_conflict use_column
    begin
      perform set_config('app.municipality', p_municipality, true);
      return query select l.at, l.action, l.actor_name, l.site, l.desk from access_log l
        where l.municipality = p_municipality and l.application = p_application
          and l.action in ('claim', 'start', 'give-back', 'hand-on', 'submit', 'open', 'answer-open', 'answer')
        order by l.n;
    end $$;

    revoke execute on function lock_question(text, uuid) from public;
    grant execute on function lock_question(text, uuid) to schalter_drafts;
  `.execute(db);
}
