/**
 * Applications that only the team lead opens: of people whose data are barred from being told (§ 51 BMG), of colleagues, of relatives. Whoever notices
 * hands the application on with the purpose 'restricted'; from then on no other role takes it in hand, before and after it is handed in.
 */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then grant schalter_drafts to current_user; end if;
    end $$;
    grant create on schema public to schalter_drafts;
    alter table application add column restricted boolean not null default false;

    create function kept_from(a application, who staff_session) returns boolean language sql stable as $$
      select a.restricted and not ('lead' = any(coalesce(who.roles, array[]::text[])))
    $$;
    revoke execute on function kept_from from public;
    grant execute on function kept_from to schalter_drafts;

    -- As in 0012. One more outcome: 'restricted', told only when code and factor are right.
    create or replace function claim_draft(p_municipality text, p_staff bytea, p_code_hash bytea, p_factors bytea[], p_purpose text)
      returns table (outcome text, application uuid, service text, code uuid, holder_name text, holder_site text, holder_desk text, purpose text, note bytea)
      language plpgsql as $$
    #variable_conflict use_column
    declare s record; h handover; a application; counted bytea := sha256('claim'::bytea || p_staff); known boolean; fits boolean := false;
    begin
      s := staff_of(p_municipality, p_staff);
      if not s.serves then
        perform note_access(s.who, null, p_purpose, 'claim-forbidden', null);
        return query select 'forbidden', null::uuid, null::text, null::uuid, null::text, null::text, null::text, null::text, null::bytea;
        return;
      end if;
      if hit_rate_limit(p_municipality, counted, 10, interval '15 minutes') = 0 then
        select * into h from handover c where c.municipality = p_municipality and c.code_hash = p_code_hash for update;
        known := found and h.revoked_at is null and h.expires_at > now() and h.tries < 5;
        fits := known and h.factor_hash = any(p_factors);
        if known and not fits then update handover c set tries = c.tries + 1 where c.id = h.id; end if;
      end if;
      if fits then
        select * into a from application d where d.municipality = p_municipality and d.id = h.application and d.lifecycle = 'draft'
          and (d.expires_at is null or d.expires_at > now()) for update;
        -- a used code only says who is at work with it now
        fits := found and (h.used_at is null or (at_counter(a) and a.custody_code = h.id));
      end if;
      if not fits then
        perform note_access(s.who, h.application, p_purpose, 'claim-refused', h.id);
        return query select 'refused', null::uuid, null::text, null::uuid, null::text, null::text, null::text, null::text, null::bytea;
        return;
      end if;
      -- only wrong tries count
      update rate_limit r set count = r.count - 1 where r.municipality = p_municipality and r.key = counted;
      if kept_from(a, s.who) then
        perform note_access(s.who, a.id, p_purpose, 'claim-restricted', h.id);
        return query select 'restricted', null::uuid, null::text, null::uuid, null::text, null::text, null::text, null::text, null::bytea;
        return;
      end if;
      if at_counter(a) and a.custody_session <> p_staff then
        perform note_access(s.who, a.id, p_purpose, 'claim-held', h.id);
        return query select 'held', null::uuid, null::text, null::uuid, a.custody_name, a.custody_site, a.custody_desk, null::text, null::bytea;
        return;
      end if;
      update handover c set used_at = coalesce(c.used_at, now()) where c.id = h.id;
      update application d set custody = 'counter', custody_session = p_staff, custody_subject = (s.who).subject, custody_name = (s.who).name,
          custody_site = (s.who).site, custody_desk = (s.who).desk, custody_since = now(), custody_until = now() + custody_idle(),
          custody_purpose = p_purpose, custody_code = h.id
        where d.municipality = p_municipality and d.id = a.id;
      perform note_access(s.who, a.id, p_purpose, 'claim', h.id);
      return query select 'claimed', a.id, a.service, h.id, null::text, null::text, null::text, h.purpose, h.note;
    end $$;

    -- As in 0012; the purpose 'restricted' keeps it from everybody but the lead.
    create or replace function hand_on_draft(p_municipality text, p_staff bytea, p_application uuid, p_id uuid, p_code_hash bytea, p_factor_kind text, p_factor_hash bytea,
        p_purpose text, p_note bytea, p_for interval) returns boolean language plpgsql as $$
    declare h record;
    begin
      h := held_draft(p_municipality, p_staff, p_application, 'hand-on');
      if (h.a).id is null then return false; end if;
      insert into handover (id, municipality, application, direction, code_hash, factor_kind, factor_hash, purpose, note, expires_at)
        values (p_id, p_municipality, p_application, 'to-staff', p_code_hash, p_factor_kind, p_factor_hash, p_purpose, p_note, now() + p_for);
      -- nobody but the lead has one in hand that is restricted already, so nobody else lifts it
      update application a set restricted = p_purpose = 'restricted' where a.municipality = p_municipality and a.id = p_application;
      perform let_go(p_municipality, p_application);
      return true;
    end $$;

    -- As in 0014 and 0021; what is kept from this session is as good as not there.
    create or replace function open_case(p_municipality text, p_staff bytea, p_reference text, p_purpose text) returns uuid language plpgsql as $$
    declare s record; opened uuid; of_application uuid; counted bytea := sha256('case'::bytea || p_staff);
    begin
      s := staff_of(p_municipality, p_staff);
      if not s.serves then
        perform note_access(s.who, null, p_purpose, 'open-forbidden', null);
        return null;
      end if;
      if hit_rate_limit(p_municipality, counted, 10, interval '15 minutes') = 0 then
        select b.id, b.application_id into opened, of_application from submission b join application a on a.municipality = b.municipality and a.id = b.application_id
          where b.municipality = p_municipality and b.reference = p_reference and not kept_from(a, s.who);
      end if;
      if opened is null then
        perform note_access(s.who, null, p_purpose, 'open-refused', null);
        return null;
      end if;
      update rate_limit r set count = r.count - 1 where r.municipality = p_municipality and r.key = counted;
      update staff_session t set case_submission = opened, case_purpose = p_purpose where t.municipality = p_municipality and t.id_hash = p_staff;
      perform note_access(s.who, of_application, p_purpose, 'open', null);
      return opened;
    end $$;

    create or replace function open_for_answer(p_municipality text, p_staff bytea, p_reference text, p_factors bytea[]) returns uuid language plpgsql as $$
    declare s record; opened uuid; app uuid; counted bytea := sha256('answer'::bytea || p_staff);
    begin
      s := staff_of(p_municipality, p_staff);
      if s.serves and hit_rate_limit(p_municipality, counted, 10, interval '15 minutes') = 0 then
        select b.id, b.application_id into opened, app from submission b
          join application a on a.municipality = b.municipality and a.id = b.application_id
          where b.municipality = p_municipality and b.reference = p_reference and b.factor_hash = any(p_factors) and not kept_from(a, s.who);
      end if;
      -- only wrong tries count
      if opened is not null then update rate_limit r set count = r.count - 1 where r.municipality = p_municipality and r.key = counted; end if;
      perform note_access(s.who, app, 'answer', case when opened is null then 'answer-open-refused' else 'answer-open' end, null);
      return opened;
    end $$;

    do $$ declare f regprocedure; begin
      for f in select p.oid::regprocedure from pg_proc p where p.pronamespace = 'public'::regnamespace
          and p.proname in ('claim_draft', 'hand_on_draft', 'open_case', 'open_for_answer') loop
        execute format('revoke execute on function %s from public', f);
        execute format('alter function %s security definer', f);
        execute format('alter function %s set search_path = public, pg_temp', f);
        execute format('grant execute on function %s to schalter_app', f);
      end loop;
    end $$;
    revoke create on schema public from schalter_drafts;
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then revoke schalter_drafts from current_user; end if;
    end $$;
  `.execute(db);
}
