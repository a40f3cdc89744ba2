-- What clients of Redshift expect of the server and PostgreSQL lacks. Loaded once, by a superuser, into the template
-- of every database. Schema `rs` belongs to the stand-in: its functions are called by what rewrite.py writes.
-- Assumptions about Redshift, with their sources: semantics.md.

set check_function_bodies = off;

create schema rs;
grant usage on schema rs to public;
-- Everyone may create in `public`, as on Redshift.
grant create, usage on schema public to public;
create domain pg_catalog.super as jsonb;

create or replace function pg_catalog.version() returns text language sql stable as $$
    select 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017, Redshift 1.0.0 (stand-in)'
$$;

-- Dates and times ------------------------------------------------------------------------------------------------

create function pg_catalog.getdate() returns timestamp language sql stable as $$
    select date_trunc('second', timezone('UTC', statement_timestamp()))
$$;

-- The long name of a date part; what is not an abbreviation stays as it is.
create function rs.unit(part text) returns text language sql immutable as $$
    select case
        when lower(part) in ('y', 'yr', 'yrs', 'years', 'yy') then 'year'
        when lower(part) in ('qtr', 'qtrs', 'quarters') then 'quarter'
        when lower(part) in ('mon', 'mons', 'months', 'mm') then 'month'
        when lower(part) in ('w', 'weeks') then 'week'
        when lower(part) in ('d', 'days', 'dd') then 'day'
        when lower(part) in ('h', 'hr', 'hrs', 'hours', 'hh') then 'hour'
        when lower(part) in ('m', 'min', 'mins', 'minutes', 'mi') then 'minute'
        when lower(part) in ('s', 'sec', 'secs', 'seconds') then 'second'
        when lower(part) in ('ms', 'msec', 'msecs', 'millisecond') then 'milliseconds'
        when lower(part) in ('us', 'usec', 'usecs', 'microsecond') then 'microseconds'
        when lower(part) in ('dayofweek', 'weekday', 'dw') then 'dow'
        when lower(part) in ('dayofyear', 'yearday', 'dy') then 'doy'
        else lower(part)
    end
$$;

create function rs.ivl(part text, n bigint) returns interval language sql immutable as $$
    select case rs.unit(part)
        when 'year' then make_interval(years => n::int)
        when 'quarter' then make_interval(months => 3 * n::int)
        when 'month' then make_interval(months => n::int)
        when 'week' then make_interval(weeks => n::int)
        when 'day' then make_interval(days => n::int)
        else (n || ' ' || rs.unit(part))::interval
    end
$$;

-- The same day of another month, or its last day when it is shorter; but a year after 29 February comes 1 March.
create function pg_catalog.dateadd(text, bigint, timestamp) returns timestamp language sql immutable strict as $$
    select case
        when rs.unit($1) = 'year' and to_char($3, 'MMDD') = '0229'
            then $3 - interval '1 day' + rs.ivl($1, $2) + interval '1 day'
        else $3 + rs.ivl($1, $2)
    end
$$;

create function pg_catalog.dateadd(text, bigint, date) returns timestamp language sql immutable strict as $$
    select dateadd($1, $2, $3::timestamp)
$$;

-- A literal without a type is a timestamp, not PostgreSQL's preferred type, the timestamptz.
create function pg_catalog.dateadd(text, bigint, text) returns timestamp language sql stable strict as $$
    select dateadd($1, $2, $3::timestamp)
$$;

create function pg_catalog.dateadd(text, bigint, timestamptz) returns timestamptz language sql immutable strict as $$
    select $3 + rs.ivl($1, $2)
$$;

-- Counts the boundaries between two times, not the whole units.
create function pg_catalog.datediff(text, timestamp, timestamp) returns bigint language sql immutable strict as $$
    select (case rs.unit($1)
        when 'year' then extract(year from $3) - extract(year from $2)
        when 'quarter'
            then extract(year from $3) * 4 + extract(quarter from $3) - extract(year from $2) * 4 - extract(quarter from $2)
        when 'month'
            then extract(year from $3) * 12 + extract(month from $3) - extract(year from $2) * 12 - extract(month from $2)
        when 'week'
            then (date_trunc('week', $3 + interval '1 day')::date - date_trunc('week', $2 + interval '1 day')::date) / 7
        when 'day' then $3::date - $2::date
        when 'hour' then extract(epoch from date_trunc('hour', $3) - date_trunc('hour', $2)) / 3600
        when 'minute' then extract(epoch from date_trunc('minute', $3) - date_trunc('minute', $2)) / 60
        when 'second' then extract(epoch from date_trunc('second', $3) - date_trunc('second', $2))
        when 'milliseconds'
            then extract(epoch from date_trunc('milliseconds', $3) - date_trunc('milliseconds', $2)) * 1000
        when 'microseconds' then extract(epoch from $3 - $2) * 1000000
    end)::bigint
$$;

create function pg_catalog.date_trunc(text, date) returns timestamp language sql immutable strict as $$
    select date_trunc($1, $2::timestamp)
$$;

create function pg_catalog.trunc(timestamp) returns date language sql immutable strict as $$
    select $1::date
$$;

-- Conditions and text --------------------------------------------------------------------------------------------

create function pg_catalog.len(text) returns int language sql immutable strict as $$
    select length($1)
$$;

-- NULL when either is; PostgreSQL skips them.
create function rs.concat(text, text) returns text language sql immutable strict as $$
    select $1 || $2
$$;

-- Replaces all; PostgreSQL the first.
create function rs.regexp_replace(text, text, text default '', int default 1) returns text
language sql immutable strict as $$
    select pg_catalog.regexp_replace($1, $2, $3, $4, 0)
$$;

-- Trailing blanks do not count when texts are compared, joined, sorted or grouped: the functions of bpchar do the work of
-- those of text. https://docs.aws.amazon.com/redshift/latest/dg/r_Character_types.html
update pg_operator set oprcode = ('bpchar' || right(oprcode::text, 2))::regproc
where oprleft = 'text'::regtype and oprright = 'text'::regtype and oprname in ('=', '<>', '<', '<=', '>', '>=');

update pg_amproc set amproc = replacement::regproc
from (values
    ('bttextcmp', 'bpcharcmp'), ('bttextsortsupport', 'bpchar_sortsupport'), ('hashtext', 'hashbpchar'),
    ('hashtextextended', 'hashbpcharextended')
) as functions (original, replacement)
where amproc = original::regproc and amproclefttype = 'text'::regtype and amprocrighttype = 'text'::regtype;

-- Semi-structured data -------------------------------------------------------------------------------------------

create function pg_catalog.json_extract_path_text(text, variadic text[]) returns text
language sql immutable strict as $$
    select json_extract_path_text($1::json, variadic $2)
$$;

-- Aggregates -----------------------------------------------------------------------------------------------------

-- The average of whole numbers is a whole number, cut off. State: count, sum.
create function rs.whole_mean(bigint[]) returns bigint language sql immutable as $$
    select $1[2] / nullif($1[1], 0)
$$;

create function rs.add(bigint[], bigint) returns bigint[] language sql immutable as $$
    select case when $2 is null then $1 else array[$1[1] + 1, $1[2] + $2] end
$$;

create aggregate rs.avg(int) (sfunc = int4_avg_accum, stype = bigint[], initcond = '{0,0}', finalfunc = rs.whole_mean);
create aggregate rs.avg(bigint) (sfunc = rs.add, stype = bigint[], initcond = '{0,0}', finalfunc = rs.whole_mean);
create aggregate rs.avg(numeric) (sfunc = numeric_avg_accum, stype = internal, finalfunc = numeric_avg);
create aggregate rs.avg(float8) (sfunc = float8_accum, stype = float8[], initcond = '{0,0,0}', finalfunc = float8_avg);

-- Distribution and sort keys -------------------------------------------------------------------------------------

-- Kept by oid, so that a renamed table keeps them. rewrite.py leaves them in a comment of the statement.
create table rs.table_attrs (
    relid oid primary key,
    diststyle text,
    sortkeys text[],
    created timestamp default timezone('UTC', now())
);

create function rs.on_ddl() returns event_trigger language plpgsql security definer as $$
declare
    made record;
    col record;
    attributes text[];
    parent text;
begin
    for made in
        select * from pg_event_trigger_ddl_commands()
        where command_tag in ('CREATE TABLE', 'CREATE TABLE AS') and object_type = 'table'
    loop
        attributes := pg_catalog.regexp_match(current_query(), '/\*rs:dist=([^;]*);sort=([^*]*)\*/');
        parent := substring(attributes[1] from '^LIKE\((.*)\)$');
        if parent is not null then
            insert into rs.table_attrs (relid, diststyle, sortkeys)
            select made.objid, diststyle, sortkeys from rs.table_attrs where relid = parent::regclass
            on conflict do nothing;
        end if;
        insert into rs.table_attrs (relid, diststyle, sortkeys) values (
            made.objid, coalesce(nullif(attributes[1], ''), 'AUTO(ALL)'), string_to_array(nullif(attributes[2], ''), ',')
        ) on conflict do nothing;
        for col in
            select a.attname, format_type(a.atttypid, a.atttypmod) as name, t.typcategory, t.typname
            from pg_catalog.pg_attribute as a
            join pg_type as t on t.oid = a.atttypid
            where a.attrelid = made.objid and a.attnum > 0
        loop
            if col.typname in ('json', 'jsonb', 'uuid', 'xml', 'money', 'bit', 'varbit', 'bytea', 'regclass')
                or col.typcategory in ('A', 'R', 'E', 'I', 'G')
            then
                raise exception 'Column "%.%" has unsupported type "%".', made.object_identity, col.attname, col.name
                    using errcode = '0A000';
            end if;
        end loop;
    end loop;
end
$$;

-- Clients run with it off, as on Redshift; the pattern above has backslashes.
alter function rs.on_ddl() set standard_conforming_strings = on;
create event trigger rs_on_ddl on ddl_command_end execute function rs.on_ddl();

-- Late-binding views ---------------------------------------------------------------------------------------------

-- Such a view runs the text of its query when it is read: it outlives `drop ... cascade` of what it reads.
create table rs.lbv (relid oid primary key);
grant select, insert, delete on rs.lbv, rs.table_attrs to public;

create function rs.run(query text) returns setof record language plpgsql stable as $$
begin
    return query execute query;
end
$$;

create procedure rs.create_lbv(head text, name text, body text) language plpgsql as $$
declare
    columns text;
begin
    execute 'create temp view rs_lbv_shape as ' || body;
    select string_agg(quote_ident(attname) || ' ' || format_type(atttypid, atttypmod), ', ' order by attnum)
    into columns
    from pg_catalog.pg_attribute where attrelid = 'pg_temp.rs_lbv_shape'::regclass and attnum > 0;
    drop view pg_temp.rs_lbv_shape;
    execute head || ' ' || name || ' as select * from rs.run(' || quote_literal(body) || ') as t(' || columns || ')';
    insert into rs.lbv values (name::regclass::oid) on conflict do nothing;
end
$$;

-- Their columns are unknown to the ordinary catalog.
create view rs.pg_attribute as
select a.* from pg_catalog.pg_attribute as a where not exists (select 1 from rs.lbv as l where l.relid = a.attrelid);

create function pg_catalog.pg_get_late_binding_view_cols() returns setof record language sql stable as $$
    select n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod)::varchar, a.attnum::int
    from rs.lbv as l
    join pg_class as c on c.oid = l.relid
    join pg_namespace as n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0
$$;

-- Catalog --------------------------------------------------------------------------------------------------------

-- numeric(38, 37) says "a numeric without precision", which Redshift does not have; rewrite.py turns it back.
create view rs.columns as
select
    c.table_catalog, c.table_schema, c.table_name, c.column_name, c.ordinal_position, c.column_default, c.is_nullable,
    c.data_type, c.character_maximum_length,
    case when c.data_type = 'numeric' then coalesce(c.numeric_precision, 38) else c.numeric_precision end
        as numeric_precision,
    case when c.data_type = 'numeric' then coalesce(c.numeric_scale, 37) else c.numeric_scale end as numeric_scale,
    c.datetime_precision, c.udt_name, c.domain_name
from information_schema.columns as c
where not exists (
    select 1 from rs.lbv as l
    join pg_class as k on k.oid = l.relid
    join pg_namespace as n on n.oid = k.relnamespace
    where n.nspname = c.table_schema and k.relname = c.table_name
);

create view pg_catalog.svv_external_columns as
select
    null::text as schemaname, null::text as tablename, null::text as columnname, null::text as external_type,
    null::int as columnnum, null::int as part_key
where false;

create view pg_catalog.svv_table_info as
select
    current_database()::text as database, n.nspname::text as "schema", c.oid as table_id, c.relname::text as "table",
    'Y, AUTO(ENCODE)'::text as encoded, coalesce(t.diststyle, 'AUTO(ALL)') as diststyle,
    coalesce(t.sortkeys[1], 'AUTO(SORTKEY)') as sortkey1,
    coalesce((
        select max(a.atttypmod - 4) from pg_catalog.pg_attribute as a
        where a.attrelid = c.oid and a.atttypid = 'varchar'::regtype
    ), 0)::int as max_varchar,
    ''::text as sortkey1_enc, coalesce(array_length(t.sortkeys, 1), 0) as sortkey_num, 1::bigint as size,
    0.0001::numeric(10, 4) as pct_used, 0::bigint as empty, 0::numeric(5, 2) as unsorted,
    0::numeric(5, 2) as stats_off, greatest(c.reltuples, 0)::numeric(38, 0) as tbl_rows,
    1.0::numeric(19, 2) as skew_sortkey1, 1.0::numeric(19, 2) as skew_rows,
    greatest(c.reltuples, 0)::numeric(38, 0) as estimated_visible_rows, null::text as risk_event,
    0::numeric(12, 2) as vacuum_sort_benefit, t.created as create_time
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
left join rs.table_attrs as t on t.relid = c.oid
where c.relkind = 'r' and n.nspname not in ('information_schema', 'rs') and not starts_with(n.nspname, 'pg_');

create view pg_catalog.svv_relation_privileges as
select
    n.nspname::text as namespace_name, c.relname::text as relation_name, p.privilege_type,
    coalesce(g.rolname, 'public')::text as identity_name, g.oid as identity_id,
    case when p.grantee = 0 then 'public' when g.rolcanlogin then 'user' else 'role' end as identity_type,
    p.is_grantable as admin_option
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
cross join lateral aclexplode(c.relacl) as p
left join pg_roles as g on g.oid = p.grantee;

create view pg_catalog.svv_schema_privileges as
select
    n.nspname::text as namespace_name, p.privilege_type, coalesce(g.rolname, 'public')::text as identity_name,
    g.oid as identity_id,
    case when p.grantee = 0 then 'public' when g.rolcanlogin then 'user' else 'role' end as identity_type,
    p.is_grantable as admin_option, 'SCHEMA'::text as privilege_scope
from pg_namespace as n
cross join lateral aclexplode(n.nspacl) as p
left join pg_roles as g on g.oid = p.grantee;

-- What Redshift says of its work. A test puts rows in; nothing here writes them.
create table pg_catalog.sys_serverless_usage (
    start_time timestamp, end_time timestamp, compute_seconds float8, compute_capacity float8, data_storage int,
    cross_region_transferred_data int, charged_seconds int
);
create table pg_catalog.sys_query_history (
    user_id int, query_id bigint, query_label char(320), transaction_id bigint, session_id int,
    database_name char(128), query_type char(32), status char(10), result_cache_hit boolean, start_time timestamp,
    end_time timestamp, elapsed_time bigint, queue_time bigint, execution_time bigint, query_text char(4000)
);
create table rs.query_steps (
    query_id bigint, child_query_sequence int, stream_id int, segment_id int, step_id int, step_name text,
    table_id oid, start_time timestamp, input_bytes bigint, spilled_block_local_disk bigint,
    spilled_block_remote_disk bigint, metrics_level text
);

create view pg_catalog.sys_query_detail as
select
    query_id, child_query_sequence, stream_id, segment_id, step_id, step_name, table_id, start_time, input_bytes,
    spilled_block_local_disk, spilled_block_remote_disk, metrics_level
from rs.query_steps
union all
-- dbt looks here for when a table was last written.
select null, null, null, null, null, 'insert', relid, created, null, null, null, null from rs.table_attrs;

-- Roles, policies, external schemas, quotas -------------------------------------------------------------------------

-- Kept and shown, not enforced. A role of the engine is one for all databases, so what this one made is kept as well.
create table rs.roles (name text primary key);
create table rs.policies (
    kind text, name text, columns text, expression text, made timestamp default timezone('UTC', now()), primary key (kind, name)
);
create table rs.attached (
    kind text, policy text, relid oid, columns text, grantee text, grantee_type text, priority int,
    primary key (kind, policy, relid, grantee)
);
create table rs.secured (relid oid primary key);
create table rs.external_schemas (name text primary key, options text);
create table rs.quotas (schema_name text primary key, quota text);

create procedure rs.create_role(role text) language plpgsql security definer as $$
begin
    if exists (select 1 from rs.roles where name = role) then
        raise exception 'role "%" already exists', role using errcode = '42710';
    end if;
    perform pg_advisory_xact_lock(hashtext(role));
    if not exists (select 1 from pg_roles where rolname = role) then
        execute format('create role %I', role);
    end if;
    insert into rs.roles values (role);
end
$$;

create procedure rs.drop_role(role text) language plpgsql security definer as $$
begin
    delete from rs.roles where name = role;
    if not found then
        raise exception 'role "%" does not exist', role using errcode = '42704';
    end if;
end
$$;

create procedure rs.grant_role(what text, role text, member text) language plpgsql security definer as $$
begin
    execute format('%s %I %s %I', what, role, case what when 'grant' then 'to' else 'from' end, member);
end
$$;

create procedure rs.create_policy(kind text, name text, columns text, expression text, if_not_exists boolean)
language plpgsql security definer as $$
begin
    if not exists (select 1 from rs.policies as p where p.kind = $1 and p.name = $2) then
        insert into rs.policies values (kind, name, columns, expression);
    elsif not if_not_exists then
        raise exception 'policy "%" already exists', name using errcode = '42710';
    end if;
end
$$;

create procedure rs.check_policy(of_kind text, of_name text) language plpgsql as $$
begin
    if not exists (select 1 from rs.policies where kind = of_kind and name = of_name) then
        raise exception 'policy "%" does not exist', of_name using errcode = '42704';
    end if;
end
$$;

create procedure rs.drop_policy(of_kind text, of_name text, is_cascade boolean) language plpgsql security definer as $$
begin
    call rs.check_policy(of_kind, of_name);
    if is_cascade then
        delete from rs.attached where kind = of_kind and policy = of_name;
    elsif exists (select 1 from rs.attached where kind = of_kind and policy = of_name) then
        raise exception 'policy "%" is attached to a relation', of_name using errcode = '2BP01';
    end if;
    delete from rs.policies where kind = of_kind and name = of_name;
end
$$;

create procedure rs.attach(
    of_kind text, of_name text, relation text, columns text, grantee text, grantee_type text, priority int
) language plpgsql as $$
declare
    missing text;
begin
    call rs.check_policy(of_kind, of_name);
    select name into missing from unnest(string_to_array(replace(columns, ' ', ''), ',')) as name
    where name not in (select attname from pg_catalog.pg_attribute where attrelid = relation::regclass and attnum > 0);
    if missing is not null then
        raise exception 'column "%" of relation "%" does not exist', missing, relation using errcode = '42703';
    end if;
    if grantee <> 'public' and not exists (select 1 from pg_roles where rolname = grantee) then
        raise exception '% "%" does not exist', grantee_type, grantee using errcode = '42704';
    end if;
    insert into rs.attached values (
        of_kind, of_name, relation::regclass, columns, grantee, grantee_type, priority
    );
end
$$;

create procedure rs.detach(
    of_kind text, of_name text, relation text, columns text, whom text, grantee_type text, priority int
) language plpgsql as $$
begin
    delete from rs.attached
    where kind = of_kind and policy = of_name and relid = relation::regclass and grantee = whom;
    if not found then
        raise exception 'policy "%" is not attached to "%"', of_name, relation using errcode = '42704';
    end if;
end
$$;

create procedure rs.row_level_security(relation text, state text) language sql as $$
    delete from rs.secured where relid = relation::regclass;
    insert into rs.secured select relation::regclass where state = 'on';
$$;

create procedure rs.create_external_schema(name text, options text) language plpgsql as $$
begin
    execute format('create schema %I', name);
    insert into rs.external_schemas values (name, options);
end
$$;

create procedure rs.set_quota(of_schema text, quota text) language plpgsql as $$
begin
    perform of_schema::regnamespace;
    delete from rs.quotas where schema_name = of_schema;
    insert into rs.quotas values (of_schema, quota);
end
$$;

create view pg_catalog.svv_roles as
select oid as role_id, name as role_name, null::text as role_owner, null::text as external_id
from rs.roles join pg_roles on rolname = name;

create view pg_catalog.svv_masking_policy as
select
    current_database()::text as policy_database, name as policy_name, columns as input_columns,
    expression as policy_expression, null::text as policy_modified_by, made as policy_modified_time
from rs.policies where kind = 'MASKING';

create view pg_catalog.svv_rls_policy as
select
    current_database()::text as poldb, name as polname, null::text as polalias, columns as polatts,
    expression as polqual, true as polenabled, null::text as polmodifiedby, made as polmodifiedtime
from rs.policies where kind = 'RLS';

create view pg_catalog.svv_attached_masking_policy as
select
    a.policy as policy_name, n.nspname::text as schema_name, c.relname::text as table_name, 'table' as table_type,
    null::text as grantor, a.grantee, a.grantee_type, a.priority, a.columns as input_columns,
    a.columns as output_columns
from rs.attached as a
join pg_class as c on c.oid = a.relid
join pg_namespace as n on n.oid = c.relnamespace
where a.kind = 'MASKING';

create view pg_catalog.svv_rls_attached_policy as
select
    n.nspname::text as relschema, c.relname::text as relname, 'table' as relkind, a.policy as polname,
    null::text as grantor, a.grantee, a.grantee_type as granteekind, true as is_pol_on,
    exists (select 1 from rs.secured as s where s.relid = a.relid) as is_rls_on
from rs.attached as a
join pg_class as c on c.oid = a.relid
join pg_namespace as n on n.oid = c.relnamespace
where a.kind = 'RLS';

create view pg_catalog.svv_external_schemas as
select
    n.oid as esoid, 1 as eskind, e.name as schemaname, n.nspowner as esowner, null::text as databasename,
    e.options as esoptions
from rs.external_schemas as e join pg_namespace as n on n.nspname = e.name;

create view pg_catalog.svv_schema_quota_state as
select n.oid as schema_id, q.schema_name, n.nspowner as schema_owner, q.quota
from rs.quotas as q join pg_namespace as n on n.nspname = q.schema_name;

grant select on all tables in schema rs to public;
grant insert, delete on rs.attached, rs.secured, rs.external_schemas, rs.quotas to public;
grant select on
    pg_catalog.svv_external_columns, pg_catalog.svv_table_info,
    pg_catalog.svv_relation_privileges, pg_catalog.svv_schema_privileges, pg_catalog.svv_roles,
    pg_catalog.svv_masking_policy, pg_catalog.svv_rls_policy, pg_catalog.svv_attached_masking_policy,
    pg_catalog.svv_rls_attached_policy, pg_catalog.svv_external_schemas, pg_catalog.svv_schema_quota_state,
    pg_catalog.sys_query_detail, pg_catalog.sys_serverless_usage, pg_catalog.sys_query_history
to public;
