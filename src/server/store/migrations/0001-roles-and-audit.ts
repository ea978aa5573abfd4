/**
 * Roles, and the audit trail. Roles belong to the whole database server, so several databases (tests, several installations) may create them
 * at the same moment: whoever comes second goes on.
 */
import { type Kysely, sql } from 'kysely';
import { protect } from './protect.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$
    declare name text;
    begin
      foreach name in array array['schalter_app', 'schalter_worker'] loop
        begin
          execute format('create role %I nologin nosuperuser nobypassrls nocreatedb nocreaterole', name);
        exception when duplicate_object or unique_violation then null;
        end;
        -- to run as schalter_app, and to give functions to schalter_worker; a superuser may anyway, an operator may have granted it already
        if not (select rolsuper from pg_roles where rolname = current_user) then
          begin
            execute format('grant %I to current_user', name);
          exception when insufficient_privilege then null;
          end;
        end if;
      end loop;
    end $$;
    grant usage on schema public to schalter_app, schalter_worker;
    revoke create on schema public from public;
  `.execute(db);

  await sql`
    create table audit (
      id bigint generated always as identity primary key,
      municipality text not null,
      at timestamptz not null default now(),
      actor text not null,
      action text not null,
      subject text not null,
      detail jsonb
    );
    create index audit_subject on audit (municipality, subject);
  `.execute(db);
  await protect(db, 'audit', { app: ['select', 'insert'], worker: ['insert'] });
}
