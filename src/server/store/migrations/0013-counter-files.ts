/** Files that staff take in: whether the draft is in their hands is asked here, as for saving, and the record says who took a file in. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then grant schalter_drafts to current_user; end if;
    end $$;
    grant create on schema public to schalter_drafts;

    -- Adds a file to an application whose row is locked: counting and adding are one step for parallel uploads.
    create function new_file(p_municipality text, p_id uuid, p_application uuid, p_field_path text, p_name_sealed bytea, p_mime text, p_max_files int)
      returns text language plpgsql as $$
    begin
      if exists (select 1 from file f where f.municipality = p_municipality and f.id = p_id) then return 'exists'; end if;
      if (select count(*) from file f where f.municipality = p_municipality and f.application_id = p_application) >= p_max_files then return 'too-many'; end if;
      insert into file (id, municipality, application_id, field_path, name_sealed, mime)
        values (p_id, p_municipality, p_application, p_field_path, p_name_sealed, p_mime);
      return 'begun';
    end $$;

    -- A citizen's file. 'gone': no such draft, handed in meanwhile, or in the hands of staff.
    create or replace function begin_file(p_municipality text, p_id uuid, p_application uuid, p_field_path text, p_name_sealed bytea, p_mime text, p_max_files int)
      returns text language plpgsql security definer set search_path = public, pg_temp as $$
    begin
      perform set_config('app.municipality', p_municipality, true);
      perform 1 from application a where a.municipality = p_municipality and a.id = p_application and a.lifecycle = 'draft' and not at_counter(a)
        for no key update;
      if not found then return 'gone'; end if;
      return new_file(p_municipality, p_id, p_application, p_field_path, p_name_sealed, p_mime, p_max_files);
    end $$;

    -- A file that staff take in. 'gone': this session holds no such draft.
    create function begin_counter_file(p_municipality text, p_id uuid, p_application uuid, p_field_path text, p_name_sealed bytea, p_mime text,
        p_max_files int, p_staff bytea) returns text language plpgsql as $$
    declare h record;
    begin
      h := held_draft(p_municipality, p_staff, p_application, 'upload');
      if (h.a).id is null then return 'gone'; end if;
      return new_file(p_municipality, p_id, p_application, p_field_path, p_name_sealed, p_mime, p_max_files);
    end $$;

    -- As in 0003; the record names who has the draft in hand.
    create or replace function finish_file(p_municipality text, p_id uuid, p_mime text, p_size int, p_chunks int, p_sha256 bytea)
      returns boolean language plpgsql security definer set search_path = public, pg_temp as $$
    declare draft uuid;
    begin
      perform set_config('app.municipality', p_municipality, true);
      if (select count(*) from file_chunk c where c.municipality = p_municipality and c.file_id = p_id and c.n < p_chunks) <> p_chunks then return false; end if;
      update file f set state = 'stored', mime = p_mime, size = p_size, chunks = p_chunks, sha256 = p_sha256
        where f.municipality = p_municipality and f.id = p_id and f.state = 'uploading'
        returning application_id into draft;
      if not found then return false; end if;
      insert into audit (municipality, actor, action, subject, detail)
        select p_municipality, case when at_counter(a) then 'staff:' || a.custody_subject else 'citizen' end, 'upload', draft::text,
            jsonb_build_object('file', p_id, 'size', p_size)
          from application a where a.municipality = p_municipality and a.id = draft;
      return true;
    end $$;

    -- The same for a file that comes in one piece, in one step.
    create function store_counter_file(p_municipality text, p_id uuid, p_application uuid, p_field_path text, p_name_sealed bytea, p_mime text,
        p_max_files int, p_bytes bytea, p_size int, p_sha256 bytea, p_staff bytea) returns text language plpgsql as $$
    declare begun text := begin_counter_file(p_municipality, p_id, p_application, p_field_path, p_name_sealed, p_mime, p_max_files, p_staff);
    begin
      if begun <> 'begun' then return begun; end if;
      perform add_file_chunk(p_municipality, p_id, 0, p_bytes);
      perform finish_file(p_municipality, p_id, p_mime, p_size, 1, p_sha256);
      return begun;
    end $$;

    -- false: this session holds no such draft, or the draft has no such file
    create function remove_counter_file(p_municipality text, p_staff bytea, p_application uuid, p_id uuid) returns boolean language plpgsql as $$
    declare h record;
    begin
      h := held_draft(p_municipality, p_staff, p_application, 'remove-file');
      if (h.a).id is null then return false; end if;
      return remove_file(p_municipality, p_application, p_id);
    end $$;

    do $$
    declare
      f regprocedure;
    begin
      for f in select p.oid::regprocedure from pg_proc p
          where p.pronamespace = 'public'::regnamespace and p.proname in ('new_file', 'begin_counter_file', 'store_counter_file', 'remove_counter_file') loop
        execute format('revoke execute on function %s from public', f);
        execute format('alter function %s security definer', f);
        execute format('alter function %s set search_path = public, pg_temp', f);
        if f::text not like 'new_file%' then execute format('grant execute on function %s to schalter_app', f); end if;
        execute format('alter function %s owner to schalter_drafts', f);
      end loop;
    end $$;
    revoke create on schema public from schalter_drafts;
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then revoke schalter_drafts from current_user; end if;
    end $$;
  `.execute(db);
}
