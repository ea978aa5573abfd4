/** Deliveries, and handing in: the one transaction that freezes an application and orders its deliveries. */
import { type Kysely, sql } from 'kysely';
import { protect } from './protect.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table destination (
      municipality text not null,
      id text not null,
      max_in_flight int not null default 4 check (max_in_flight > 0),
      breaker_after int not null default 5 check (breaker_after > 0),
      breaker_pause interval not null default '30 seconds',
      failures int not null default 0,
      open_until timestamptz,
      primary key (municipality, id)
    );

    create table delivery (
      id uuid primary key,
      municipality text not null,
      submission_id uuid not null,
      destination text not null,
      adapter text not null,
      idempotency_key text not null,
      state text not null default 'queued' check (state in ('queued', 'sending', 'delivered', 'parked', 'unknown')),
      attempts int not null default 0,
      -- when it is due; while sending, the end of the lease
      next_at timestamptz not null default now(),
      lease_id uuid,
      leased_at timestamptz,
      checkpoint jsonb,
      envelope bytea not null,
      last_error text,
      created_at timestamptz not null default now(),
      delivered_at timestamptz,
      unique (municipality, id),
      unique (municipality, idempotency_key),
      unique (municipality, submission_id, destination),
      foreign key (municipality, submission_id) references submission (municipality, id),
      foreign key (municipality, destination) references destination (municipality, id),
      check ((state = 'sending') = (lease_id is not null)),
      check ((state = 'delivered') = (delivered_at is not null))
    ) with (fillfactor = 80);
    alter table delivery alter column envelope set storage external;
    create index delivery_due on delivery (municipality, destination, next_at) where state in ('queued', 'sending');

    create table delivery_attempt (
      id bigint generated always as identity primary key,
      municipality text not null,
      delivery_id uuid not null,
      n int not null,
      started_at timestamptz not null,
      ended_at timestamptz not null default clock_timestamp(),
      outcome text not null check (outcome in ('delivered', 'retry', 'parked', 'unknown', 'released', 'lost')),
      status int,
      detail text,
      foreign key (municipality, delivery_id) references delivery (municipality, id)
    );
    create index delivery_attempt_delivery on delivery_attempt (municipality, delivery_id, n);
  `.execute(db);
  await protect(db, 'destination', { app: ['select', 'insert', 'update'], worker: ['select', 'update'] });
  await protect(db, 'delivery', { app: ['select', 'insert', 'update'], worker: ['select', 'update'] });
  await protect(db, 'delivery_attempt', { app: ['select', 'insert'], worker: ['insert'] });

  await sql`
    -- outcome: 'submitted'; 'replayed' (this key, or this application, was handed in before: the first submission comes back); 'stale' (another
    -- revision is there); 'gone' (no such draft of this session); 'reference-taken' (make another reference and call again).
    create function submit_application(p_municipality text, p_session_hash bytea, p_application uuid, p_revision int, p_submission uuid, p_reference text,
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
                              summary_pdf, factor_kind, factor_hash, ordered, submitted_at, key_epoch, wrapped_key)
        values (p_submission, p_municipality, p_application, app.service, p_reference, app.flow_hash, p_idempotency_key, p_revision, p_payload,
                p_payload_sha256, p_summary_pdf, p_factor_kind, p_factor_hash, orders, p_submitted_at, app.key_epoch, app.wrapped_key)
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
    grant execute on all functions in schema public to schalter_app;
  `.execute(db);
}
