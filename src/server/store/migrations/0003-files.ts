/** Uploads. The encrypted chunks lie in the database (docs/adr/0003): in one transaction, one replica and one backup with what they belong to. */
import { type Kysely, sql } from 'kysely';
import { protect } from './protect.ts';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table file (
      id uuid primary key,
      municipality text not null,
      application_id uuid not null,
      field_path text not null,
      name_sealed bytea not null,
      mime text not null,
      size int not null default 0,
      chunks int not null default 0,
      sha256 bytea,
      state text not null default 'uploading' check (state in ('uploading', 'stored')),
      created_at timestamptz not null default now(),
      unique (municipality, id),
      foreign key (municipality, application_id) references application (municipality, id) on delete cascade,
      check (state = 'uploading' or sha256 is not null)
    );
    create index file_application on file (municipality, application_id);
    create index file_unfinished on file (created_at) where state = 'uploading';

    create table file_chunk (
      municipality text not null,
      file_id uuid not null,
      n int not null,
      bytes bytea not null,
      primary key (municipality, file_id, n),
      foreign key (municipality, file_id) references file (municipality, id) on delete cascade
    );
    alter table file_chunk alter column bytes set storage external;
  `.execute(db);
  await protect(db, 'file', { app: ['select', 'insert', 'update', 'delete'], worker: ['select', 'delete'] });
  await protect(db, 'file_chunk', { app: ['select', 'insert', 'delete'] });

  await sql`
    -- 'begun'; 'gone' (no such draft, or handed in meanwhile); 'too-many'; 'exists' (this id came before: a repeated request)
    create function begin_file(p_municipality text, p_id uuid, p_application uuid, p_field_path text, p_name_sealed bytea, p_mime text, p_max_files int)
      returns text language plpgsql as $$
    begin
      perform set_config('app.municipality', p_municipality, true);
      -- the row lock makes counting and adding one step for parallel uploads
      perform 1 from application a where a.municipality = p_municipality and a.id = p_application and a.lifecycle = 'draft' for no key update;
      if not found then return 'gone'; end if;
      if exists (select 1 from file f where f.municipality = p_municipality and f.id = p_id) then return 'exists'; end if;
      if (select count(*) from file f where f.municipality = p_municipality and f.application_id = p_application) >= p_max_files then return 'too-many'; end if;
      insert into file (id, municipality, application_id, field_path, name_sealed, mime)
        values (p_id, p_municipality, p_application, p_field_path, p_name_sealed, p_mime);
      return 'begun';
    end $$;

    create function add_file_chunk(p_municipality text, p_file uuid, p_n int, p_bytes bytea) returns void language plpgsql as $$
    begin
      perform set_config('app.municipality', p_municipality, true);
      insert into file_chunk (municipality, file_id, n, bytes) values (p_municipality, p_file, p_n, p_bytes);
    end $$;

    -- true once the file is complete. Every chunk must be there, else it stays unfinished and the sweep takes it.
    create function finish_file(p_municipality text, p_id uuid, p_mime text, p_size int, p_chunks int, p_sha256 bytea) returns boolean language plpgsql as $$
    declare draft uuid;
    begin
      perform set_config('app.municipality', p_municipality, true);
      if (select count(*) from file_chunk c where c.municipality = p_municipality and c.file_id = p_id and c.n < p_chunks) <> p_chunks then return false; end if;
      update file f set state = 'stored', mime = p_mime, size = p_size, chunks = p_chunks, sha256 = p_sha256
        where f.municipality = p_municipality and f.id = p_id and f.state = 'uploading'
        returning application_id into draft;
      if not found then return false; end if;
      insert into audit (municipality, actor, action, subject, detail)
        values (p_municipality, 'citizen', 'upload', draft::text, jsonb_build_object('file', p_id, 'size', p_size));
      return true;
    end $$;

    create function read_file_chunk(p_municipality text, p_file uuid, p_n int) returns bytea language plpgsql as $$
    begin
      perform set_config('app.municipality', p_municipality, true);
      return (select c.bytes from file_chunk c where c.municipality = p_municipality and c.file_id = p_file and c.n = p_n);
    end $$;

    -- Only while the application is a draft: what was handed in keeps its files.
    create function remove_file(p_municipality text, p_application uuid, p_id uuid) returns boolean language plpgsql as $$
    begin
      perform set_config('app.municipality', p_municipality, true);
      delete from file f using application a
        where f.municipality = p_municipality and f.id = p_id and f.application_id = p_application
          and a.municipality = p_municipality and a.id = p_application and (a.lifecycle = 'draft' or f.state = 'uploading');
      return found;
    end $$;
    grant execute on all functions in schema public to schalter_app;
  `.execute(db);
}
