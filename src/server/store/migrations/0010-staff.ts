/**
 * Sessions of staff. They stand apart from citizens' sessions: other limits, other cookie, and nothing leads from one to the other. A row
 * says who works where, and it is also what the audit trail is told when somebody comes, goes, or is refused.
 */
import { type Kysely, sql } from 'kysely';
import { protect } from './protect.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table staff_session (
      municipality text not null,
      id_hash bytea not null check (length(id_hash) = 32),
      subject text not null,
      name text not null,
      roles text[] not null,
      site text,
      desk text,
      created_at timestamptz not null default now(),
      seen_at timestamptz not null default now(),
      expires_at timestamptz not null,
      primary key (municipality, id_hash)
    );
  `.execute(db);
  await protect(db, 'staff_session', { app: ['select', 'insert', 'update', 'delete'] });

  await sql`
    -- Begins a session, and ends any other of this clerk: a screen that was left open somewhere else is closed by the next login. The station
    -- is asked once a day: whom the clock sent away finds it again. Rows past their time go here, so no sweep has to look across municipalities.
    create function create_staff_session(p_municipality text, p_id_hash bytea, p_subject text, p_name text, p_roles text[], p_absolute interval)
      returns void language plpgsql as $$
    declare was record;
    begin
      perform set_config('app.municipality', p_municipality, true);
      delete from staff_session s where s.municipality = p_municipality and s.expires_at <= now();
      select s.site, s.desk into was from staff_session s
        where s.municipality = p_municipality and s.subject = p_subject and s.site is not null limit 1;
      delete from staff_session s where s.municipality = p_municipality and s.subject = p_subject;
      insert into staff_session (municipality, id_hash, subject, name, roles, site, desk, expires_at)
        values (p_municipality, p_id_hash, p_subject, p_name, p_roles, was.site, was.desk, now() + p_absolute);
      insert into audit (municipality, actor, action, subject, detail)
        values (p_municipality, 'staff:' || p_subject, 'login', p_subject, jsonb_build_object('roles', p_roles));
    end $$;

    -- The row while it lives: not past its end, and used within p_idle. Its last use is noted at most once a minute.
    create function touch_staff_session(p_municipality text, p_id_hash bytea, p_idle interval)
      returns table (subject text, name text, roles text[], site text, desk text, expires_at timestamptz) language plpgsql as $$
    #variable_conflict use_column
    declare seen timestamptz;
    begin
      perform set_config('app.municipality', p_municipality, true);
      select s.seen_at into seen from staff_session s
        where s.municipality = p_municipality and s.id_hash = p_id_hash and s.expires_at > now() and s.seen_at > now() - p_idle;
      if not found then return; end if;
      if seen < now() - interval '1 minute' then
        update staff_session s set seen_at = now() where s.municipality = p_municipality and s.id_hash = p_id_hash;
      end if;
      return query select s.subject, s.name, s.roles, s.site, s.desk, s.expires_at from staff_session s
        where s.municipality = p_municipality and s.id_hash = p_id_hash;
    end $$;

    -- false: no such session any more
    create function set_station(p_municipality text, p_id_hash bytea, p_site text, p_desk text, p_idle interval) returns boolean language plpgsql as $$
    declare who text;
    begin
      perform set_config('app.municipality', p_municipality, true);
      update staff_session s set site = p_site, desk = p_desk, seen_at = now()
        where s.municipality = p_municipality and s.id_hash = p_id_hash and s.expires_at > now() and s.seen_at > now() - p_idle
        returning s.subject into who;
      if not found then return false; end if;
      insert into audit (municipality, actor, action, subject, detail)
        values (p_municipality, 'staff:' || who, 'station', who, jsonb_build_object('site', p_site, 'desk', p_desk));
      return true;
    end $$;

    create function end_staff_session(p_municipality text, p_id_hash bytea) returns void language plpgsql as $$
    declare who text;
    begin
      perform set_config('app.municipality', p_municipality, true);
      delete from staff_session s where s.municipality = p_municipality and s.id_hash = p_id_hash returning s.subject into who;
      if not found then return; end if;
      insert into audit (municipality, actor, action, subject) values (p_municipality, 'staff:' || who, 'logout', who);
    end $$;

    -- Somebody who is logged in asked for what their roles do not give.
    create function refuse_staff(p_municipality text, p_subject text, p_route text, p_needed text[]) returns void language plpgsql as $$
    begin
      perform set_config('app.municipality', p_municipality, true);
      insert into audit (municipality, actor, action, subject, detail)
        values (p_municipality, 'staff:' || p_subject, 'refused', p_route, jsonb_build_object('needed', p_needed));
    end $$;

    revoke execute on function create_staff_session(text, bytea, text, text, text[], interval), touch_staff_session(text, bytea, interval),
      set_station(text, bytea, text, text, interval), end_staff_session(text, bytea), refuse_staff(text, text, text, text[]) from public;
    grant execute on function create_staff_session(text, bytea, text, text, text[], interval), touch_staff_session(text, bytea, interval),
      set_station(text, bytea, text, text, interval), end_staff_session(text, bytea), refuse_staff(text, text, text, text[]) to schalter_app;
  `.execute(db);
}
