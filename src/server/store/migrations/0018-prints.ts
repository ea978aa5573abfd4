/** The print queue: deliveries that the post room prints and takes to whom they are for. Opening and finishing takes a living staff session with the role `post`. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then grant schalter_drafts to current_user; end if;
    end $$;
    grant create on schema public to schalter_drafts;

    -- Whether this session may see this print now. Either way the log has a row.
    create function open_print(p_municipality text, p_staff bytea, p_delivery uuid) returns boolean language plpgsql as $$
    declare c record; good boolean;
    begin
      c := delivery_clerk(p_municipality, p_staff, 'post', p_delivery);
      good := c.may and (c.d).adapter = 'print' and (c.d).state = 'waiting';
      perform note_access(c.who, c.application, 'post', case when good then 'print-open' else 'print-open-refused' end, null);
      return good;
    end $$;

    -- It is on paper and on its way: delivered. outcome: 'done', 'forbidden', 'changed'
    create function finish_print(p_municipality text, p_staff bytea, p_delivery uuid) returns text language plpgsql as $$
    declare c record; result text := 'done';
    begin
      c := delivery_clerk(p_municipality, p_staff, 'post', p_delivery);
      if not c.may then result := 'forbidden';
      elsif (c.d).adapter <> 'print' or (c.d).state <> 'waiting' then result := 'changed';
      else
        update delivery w set state = 'delivered', delivered_at = now() where w.municipality = p_municipality and w.id = p_delivery;
        insert into audit (municipality, actor, action, subject, detail)
          values (p_municipality, 'staff:' || (c.who).subject, 'resolve-delivery', p_delivery::text, jsonb_build_object('state', 'delivered', 'printed', true));
        perform note_forwarded(p_municipality, (c.d).submission_id);
      end if;
      perform note_access(c.who, c.application, 'post', case when result = 'done' then 'print-done' else 'print-done-refused' end, null);
      return result;
    end $$;

    revoke execute on function open_print(text, bytea, uuid), finish_print(text, bytea, uuid) from public;
    alter function open_print(text, bytea, uuid) security definer set search_path = public, pg_temp;
    alter function finish_print(text, bytea, uuid) security definer set search_path = public, pg_temp;
    grant execute on function open_print(text, bytea, uuid), finish_print(text, bytea, uuid) to schalter_app;
    alter function open_print(text, bytea, uuid) owner to schalter_drafts;
    alter function finish_print(text, bytea, uuid) owner to schalter_drafts;
    revoke create on schema public from schalter_drafts;
    do $$ begin
      if not (select rolsuper from pg_roles where rolname = current_user) then revoke schalter_drafts from current_user; end if;
    end $$;
  `.execute(db);
}
