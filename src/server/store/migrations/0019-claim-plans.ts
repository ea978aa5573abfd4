/**
 * How claims are planned. With a long queue PostgreSQL plans a claim anew each time, which costs more than the claim (measured: half of its time at
 * 100,000 waiting); and a plan made while nearly everything waits may read the whole table once nearly everything is delivered. Both are settled here:
 * one plan, by the indexes.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then grant schalter_worker to current_user; end if;
    end $$;
    alter function claim_deliveries(int, interval) set plan_cache_mode = force_generic_plan set enable_seqscan = off;
    alter function next_delivery_at() set plan_cache_mode = force_generic_plan set enable_seqscan = off;
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then revoke schalter_worker from current_user; end if;
    end $$;
  `.execute(db);
}
