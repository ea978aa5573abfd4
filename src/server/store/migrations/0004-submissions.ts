/** Submissions and their timeline. What was handed in is frozen: the portal's role can add, and complete the summary document, but neither change nor delete. */
import { type Kysely, sql } from 'kysely';
import { protect } from './protect.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table submission (
      id uuid primary key,
      municipality text not null,
      application_id uuid not null,
      service text not null,
      reference text not null,
      flow_hash text not null,
      idempotency_key text not null,
      revision int not null,
      payload bytea not null,
      payload_sha256 bytea not null,
      summary_pdf bytea,
      factor_kind text,
      factor_hash bytea,
      -- how many deliveries were ordered: the left side of the delivery equation, independent of the rows that it proves
      ordered int not null check (ordered > 0),
      submitted_at timestamptz not null,
      key_epoch text not null,
      wrapped_key bytea not null,
      unique (municipality, id),
      unique (municipality, application_id),
      unique (municipality, reference),
      unique (municipality, idempotency_key),
      foreign key (municipality, application_id) references application (municipality, id),
      foreign key (municipality, flow_hash) references flow_version (municipality, hash)
    );
    alter table submission alter column payload set storage external, alter column summary_pdf set storage external;

    create table status_event (
      id bigint generated always as identity primary key,
      municipality text not null,
      submission_id uuid not null,
      status text not null,
      at timestamptz not null,
      recorded_at timestamptz not null default now(),
      source text not null,
      text_key text,
      text_sealed bytea,
      external_id text,
      unique (municipality, submission_id, external_id),
      foreign key (municipality, submission_id) references submission (municipality, id)
    );
    create index status_event_submission on status_event (municipality, submission_id, at);
  `.execute(db);
  await protect(db, 'submission', { app: ['select', 'insert'], appColumns: ['summary_pdf'], worker: ['select'] });
  await protect(db, 'status_event', { app: ['select', 'insert'] });

  await sql`
    -- Notes what a back office (or the portal) says about a submission. outcome: 'recorded', 'replayed' (this external id came before; nothing changed),
    -- 'unknown' (no such submission). The lifecycle moves to p_lifecycle only from one of p_from, so that late or doubled news never turn it back.
    create function record_status(p_municipality text, p_submission uuid, p_status text, p_at timestamptz, p_source text, p_text_key text,
                                  p_text_sealed bytea, p_external_id text, p_lifecycle text, p_from text[])
      returns table (outcome text, lifecycle text) language plpgsql as $$
    #variable_conflict use_column
    declare app uuid; now_at text;
    begin
      perform set_config('app.municipality', p_municipality, true);
      select s.application_id into app from submission s where s.municipality = p_municipality and s.id = p_submission;
      if not found then return query select 'unknown', null::text; return; end if;
      select a.lifecycle into now_at from application a where a.municipality = p_municipality and a.id = app for update;
      insert into status_event (municipality, submission_id, status, at, source, text_key, text_sealed, external_id)
        values (p_municipality, p_submission, p_status, p_at, p_source, p_text_key, p_text_sealed, p_external_id)
        on conflict (municipality, submission_id, external_id) do nothing;
      if not found then return query select 'replayed', now_at; return; end if;
      if p_lifecycle is not null and now_at = any(p_from) then
        update application a set lifecycle = p_lifecycle, updated_at = now() where a.municipality = p_municipality and a.id = app;
        now_at := p_lifecycle;
      end if;
      insert into audit (municipality, actor, action, subject, detail)
        values (p_municipality, p_source, 'status', app::text, jsonb_build_object('status', p_status, 'lifecycle', now_at));
      return query select 'recorded', now_at;
    end $$;
    grant execute on all functions in schema public to schalter_app;
  `.execute(db);
}
