/** Rate limits, retention, periodic work; and at the end, which functions run as `schalter_worker`. */
import { type Kysely, sql } from 'kysely';
import { protect } from './protect.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- unlogged: losing the counts in a crash is harmless, and counting must not cost a flush to disk
    create unlogged table rate_limit (
      municipality text not null,
      key bytea not null,
      window_start timestamptz not null,
      window_end timestamptz not null,
      count int not null,
      primary key (municipality, key)
    );
    create table periodic (
      municipality text not null default '*',
      name text not null,
      next_at timestamptz not null default now(),
      primary key (municipality, name)
    );
  `.execute(db);
  await protect(db, 'rate_limit', { app: ['select', 'insert', 'update', 'delete'], worker: ['select', 'delete'] });
  await protect(db, 'periodic', { app: [], worker: ['select', 'insert', 'update'] });

  await sql`
    -- Counts one use. 0: allowed; else the seconds until the window ends. Exact under any number of parallel callers: one statement, one row.
    create function hit_rate_limit(p_municipality text, p_key bytea, p_limit int, p_window interval) returns int language plpgsql as $$
    declare used int; ends timestamptz;
    begin
      perform set_config('app.municipality', p_municipality, true);
      insert into rate_limit as r (municipality, key, window_start, window_end, count)
        values (p_municipality, p_key, now(), now() + p_window, 1)
        on conflict (municipality, key) do update set
          count = case when r.window_end <= now() then 1 else r.count + 1 end,
          window_start = case when r.window_end <= now() then now() else r.window_start end,
          window_end = case when r.window_end <= now() then now() + p_window else r.window_end end
        returning r.count, r.window_end into used, ends;
      return case when used <= p_limit then 0 else greatest(1, ceil(extract(epoch from ends - now())))::int end;
    end $$;

    -- True for exactly one caller per interval, over all nodes.
    create function claim_periodic(p_name text, p_every interval) returns boolean
      language plpgsql security definer set search_path = public, pg_temp as $$
    begin
      insert into periodic as p (name, next_at) values (p_name, now() + p_every)
        on conflict (municipality, name) do update set next_at = now() + p_every where p.next_at <= now();
      return found;
    end $$;

    -- Deletes what a clock may delete: drafts past their time (with their files), dead sessions, abandoned uploads, old counts. Nothing handed in:
    -- a draft is the only state with expires_at, and the state is asked for again here.
    create function sweep_expired(p_idle interval) returns table (drafts int, sessions int, uploads int)
      language plpgsql security definer set search_path = public, pg_temp as $$
    begin
      with gone as (
        delete from application a where a.expires_at <= now() and a.lifecycle = 'draft' returning a.municipality, a.id
      ), noted as (
        insert into audit (municipality, actor, action, subject) select g.municipality, 'clock', 'expire', g.id::text from gone g
      ) select count(*) into drafts from gone;
      with gone as (delete from session s where s.expires_at <= now() or s.seen_at <= now() - p_idle returning 1) select count(*) into sessions from gone;
      with gone as (delete from file f where f.state = 'uploading' and f.created_at < now() - interval '1 day' returning 1) select count(*) into uploads from gone;
      delete from rate_limit r where r.window_end < now();
      return next;
    end $$;

    revoke execute on all functions in schema public from public;
    grant execute on all functions in schema public to schalter_app;
    grant create on schema public to schalter_worker;
    alter function claim_deliveries(int, interval) owner to schalter_worker;
    alter function delivery_totals() owner to schalter_worker;
    alter function next_delivery_at() owner to schalter_worker;
    alter function claim_periodic(text, interval) owner to schalter_worker;
    alter function sweep_expired(interval) owner to schalter_worker;
    revoke create on schema public from schalter_worker;
    -- A member of schalter_worker sees every municipality. The owner needed it for the lines above only; a later migration that changes one of
    -- these functions grants it to itself again and ends with this.
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then revoke schalter_worker from current_user; end if;
    end $$;
  `.execute(db);
}
