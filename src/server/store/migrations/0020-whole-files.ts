/** A file that comes in one piece is stored in one round trip: most are small, and each step waits for the disk. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function store_file(p_municipality text, p_id uuid, p_application uuid, p_field_path text, p_name_sealed bytea, p_mime text, p_max_files int,
        p_bytes bytea, p_size int, p_sha256 bytea) returns text language plpgsql as $$
    declare begun text := begin_file(p_municipality, p_id, p_application, p_field_path, p_name_sealed, p_mime, p_max_files);
    begin
      if begun <> 'begun' then return begun; end if;
      perform add_file_chunk(p_municipality, p_id, 0, p_bytes);
      perform finish_file(p_municipality, p_id, p_mime, p_size, 1, p_sha256);
      return begun;
    end $$;
    revoke execute on function store_file from public;
    grant execute on function store_file to schalter_app;
  `.execute(db);
}
