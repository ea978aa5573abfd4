/**
 * After a backup was restored (docs/adr/0023): what was not done when it was made may have been done since, and the database cannot know. It is held as
 * `unknown` until the back office says that it has it, or a person decides.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then grant schalter_worker to current_user; end if;
    end $$;
    grant create on schema public to schalter_worker;

    -- Holds all that is queued, being sent, or laid out for printing. What its receiver is asked about stays: asking sends nothing.
    create function hold_restored(p_actor text) returns table (municipality text, destination text, held int)
      language plpgsql security definer set search_path = public, pg_temp as $$
    #variable_conflict use_column
    begin
      return query
        with open as (
          select w.municipality, w.id, w.state, w.attempts, w.leased_at from delivery w
            where w.state in ('queued', 'sending') or (w.state = 'waiting' and w.ask_at is null) for update
        ), lost as (
          insert into delivery_attempt (municipality, delivery_id, n, started_at, outcome)
            select o.municipality, o.id, o.attempts, o.leased_at, 'lost' from open o where o.state = 'sending'
        ), held as (
          update delivery w set state = 'unknown', lease_id = null, leased_at = null, last_error = 'restored', next_at = now()
            from open o where w.municipality = o.municipality and w.id = o.id
            returning w.municipality, w.destination, w.id
        ), noted as (
          insert into audit (municipality, actor, action, subject) select h.municipality, p_actor, 'hold-restored', h.id::text from held h
        )
        select h.municipality, h.destination, count(*)::int from held h group by 1, 2 order by 1, 2;
    end $$;

    -- Sends what is held for one destination: for a receiver that takes the same key once.
    create function send_restored(p_municipality text, p_destination text, p_actor text) returns int
      language plpgsql security definer set search_path = public, pg_temp as $$
    declare sent int;
    begin
      with sent as (
        update delivery w set state = 'queued', attempts = 0, next_at = now()
          where w.municipality = p_municipality and w.destination = p_destination and w.state = 'unknown' and w.last_error = 'restored'
          returning w.id
      ), noted as (
        insert into audit (municipality, actor, action, subject) select p_municipality, p_actor, 'send-restored', s.id::text from sent s
      )
      select count(*)::int into sent from sent;
      return sent;
    end $$;

    revoke execute on function hold_restored(text), send_restored(text, text, text) from public;
    grant execute on function hold_restored(text), send_restored(text, text, text) to schalter_app;
    alter function hold_restored(text) owner to schalter_worker;
    alter function send_restored(text, text, text) owner to schalter_worker;
    revoke create on schema public from schalter_worker;
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then revoke schalter_worker from current_user; end if;
    end $$;
  `.execute(db);
}
