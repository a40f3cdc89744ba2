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

create function rs.sysdate() returns timestamp language sql stable as $$
    select timezone('UTC', transaction_timestamp())
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

create function pg_catalog.last_day(timestamp) returns date language sql immutable strict as $$
    select (date_trunc('month', $1) + interval '1 month -1 day')::date
$$;

-- Unlike in dateadd, the last day of a month stays a last day.
create function pg_catalog.add_months(timestamp, int) returns timestamp language sql immutable strict as $$
    select case
        when $1::date = last_day($1) then last_day(dateadd('month', $2::bigint, $1)) + $1::time
        else dateadd('month', $2::bigint, $1)
    end
$$;

-- Whole when the days are equal or both are last days, else with a 31st part for each day.
create function pg_catalog.months_between(timestamp, timestamp) returns float8 language sql immutable strict as $$
    select datediff('month', $2, $1) + case
        when extract(day from $1) = extract(day from $2) then 0
        when $1::date = last_day($1) and $2::date = last_day($2) then 0
        else (extract(epoch from $1 - date_trunc('month', $1)) - extract(epoch from $2 - date_trunc('month', $2)))
            / (31 * 86400.0)
    end
$$;

create function pg_catalog.convert_timezone(text, timestamp) returns timestamp language sql stable strict as $$
    select timezone($1, timezone('UTC', $2))
$$;

create function pg_catalog.convert_timezone(text, text, timestamp) returns timestamp language sql stable strict as $$
    select timezone($2, timezone($1, $3))
$$;

-- Conditions and text --------------------------------------------------------------------------------------------

create function pg_catalog.len(text) returns int language sql immutable strict as $$
    select length($1)
$$;

create function pg_catalog.charindex(text, text) returns int language sql immutable strict as $$
    select strpos($2, $1)
$$;

create function pg_catalog.strtol(digits text, base int) returns bigint language plpgsql immutable strict as $$
declare
    total bigint := 0;
    digit text;
begin
    foreach digit in array regexp_split_to_array(regexp_replace(lower(digits), '^0x', ''), '') loop
        if strpos(left('0123456789abcdefghijklmnopqrstuvwxyz', base), digit) = 0 then
            raise exception 'The input % is not valid to be converted to base %', digits, base using errcode = '22023';
        end if;
        total := total * base + strpos('0123456789abcdefghijklmnopqrstuvwxyz', digit) - 1;
    end loop;
    return total;
end
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

create function pg_catalog.sha2(value text, bits int) returns text language sql immutable strict as $$
    select encode(
        case bits
            when 224 then sha224(value::bytea)
            when 0 then sha256(value::bytea)
            when 256 then sha256(value::bytea)
            when 384 then sha384(value::bytea)
            when 512 then sha512(value::bytea)
        end, 'hex'
    )
$$;

-- Semi-structured data -------------------------------------------------------------------------------------------

create function pg_catalog.json_extract_path_text(text, variadic text[]) returns text
language sql immutable strict as $$
    select json_extract_path_text($1::json, variadic $2)
$$;

create function pg_catalog.json_parse(text) returns super language sql immutable strict as $$
    select $1::jsonb::super
$$;

create function pg_catalog.json_serialize(super) returns text language sql immutable strict as $$
    select $1::text
$$;

create function rs.array(variadic anyarray) returns super language sql immutable as $$
    select to_jsonb($1)::super
$$;

create function pg_catalog.is_valid_json(text) returns boolean language plpgsql immutable strict as $$
begin
    perform $1::json;
    return true;
exception when others then
    return false;
end
$$;

-- Aggregates -----------------------------------------------------------------------------------------------------

-- The median of numbers is exact: decimal for whole numbers and decimals, double for doubles.
create function rs.median_double(float8[]) returns float8 language sql immutable as $$
    select percentile_cont(0.5) within group (order by x) from unnest($1) as x
$$;

create function rs.median_decimal(numeric[]) returns numeric language sql immutable as $$
    select avg(x) from (
        select x, row_number() over (order by x) as position, count(*) over () as n
        from unnest($1) as x where x is not null
    ) as ordered
    where position in ((n + 1) / 2, (n + 2) / 2)
$$;

create function rs.append_integer(numeric[], bigint) returns numeric[] language sql immutable as $$
    select array_append($1, $2::numeric)
$$;

create function rs.append_integer(numeric[], int) returns numeric[] language sql immutable as $$
    select array_append($1, $2::numeric)
$$;

create aggregate pg_catalog.median(float8) (sfunc = array_append, stype = float8[], finalfunc = rs.median_double);
create aggregate pg_catalog.median(numeric) (sfunc = array_append, stype = numeric[], finalfunc = rs.median_decimal);
create aggregate pg_catalog.median(bigint) (
    sfunc = rs.append_integer, stype = numeric[], finalfunc = rs.median_decimal
);
create aggregate pg_catalog.median(int) (sfunc = rs.append_integer, stype = numeric[], finalfunc = rs.median_decimal);

-- The average of whole numbers is a whole number, cut off; of everything else as in PostgreSQL. State: sum, count.
create function rs.add(numeric[], numeric) returns numeric[] language sql immutable as $$
    select case when $2 is null then $1 else array[$1[1] + $2, $1[2] + 1] end
$$;

create function rs.add(numeric[], bigint) returns numeric[] language sql immutable as $$
    select case when $2 is null then $1 else array[$1[1] + $2, $1[2] + 1] end
$$;

create function rs.add(numeric[], int) returns numeric[] language sql immutable as $$
    select case when $2 is null then $1 else array[$1[1] + $2, $1[2] + 1] end
$$;

create function rs.add(float8[], float8) returns float8[] language sql immutable as $$
    select case when $2 is null then $1 else array[$1[1] + $2, $1[2] + 1] end
$$;

create function rs.mean(numeric[]) returns numeric language sql immutable as $$
    select case when $1[2] = 0 then null else $1[1] / $1[2] end
$$;

create function rs.mean(float8[]) returns float8 language sql immutable as $$
    select case when $1[2] = 0 then null else $1[1] / $1[2] end
$$;

create function rs.whole_mean(numeric[]) returns bigint language sql immutable as $$
    select trunc(rs.mean($1))::bigint
$$;

create aggregate rs.avg(int) (sfunc = rs.add, stype = numeric[], initcond = '{0,0}', finalfunc = rs.whole_mean);
create aggregate rs.avg(bigint) (sfunc = rs.add, stype = numeric[], initcond = '{0,0}', finalfunc = rs.whole_mean);
create aggregate rs.avg(numeric) (sfunc = rs.add, stype = numeric[], initcond = '{0,0}', finalfunc = rs.mean);
create aggregate rs.avg(float8) (sfunc = rs.add, stype = float8[], initcond = '{0,0}', finalfunc = rs.mean);

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

create view pg_catalog.svv_redshift_columns as
select
    current_database()::text as database_name, c.table_schema::text as schema_name, c.table_name::text,
    c.column_name::text, c.ordinal_position::int, format_type(a.atttypid, a.atttypmod) as data_type,
    c.column_default::text, c.is_nullable::text, null::text as encoding, false as distkey, 0 as sortkey,
    null::text as column_acl, col_description(a.attrelid, a.attnum) as remarks
from information_schema.columns as c
join pg_namespace as n on n.nspname = c.table_schema
join pg_class as k on k.relnamespace = n.oid and k.relname = c.table_name
join pg_catalog.pg_attribute as a on a.attrelid = k.oid and a.attname = c.column_name
where c.table_schema not in ('rs', 'pg_catalog', 'information_schema');

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

create view pg_catalog.stv_mv_info as
select
    current_database()::text as db_name, schemaname::text as "schema", matviewname::text as "name",
    't'::text as is_stale, 1 as state, 'f'::text as autorewrite, 'f'::text as autorefresh
from pg_matviews;

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

-- What SHOW TABLES, SCHEMAS, COLUMNS and GRANTS return --------------------------------------------------------------

create function rs.show_tables(database text, in_schema text) returns table (
    database_name text, schema_name text, table_name text, table_type text, table_acl text, remarks text, owner text,
    last_altered_time timestamp, last_modified_time timestamp, dist_style text, table_subtype text
) language sql stable as $$
    select
        current_database(), n.nspname, c.relname, case when c.relkind = 'r' then 'TABLE' else 'VIEW' end,
        c.relacl::text, obj_description(c.oid, 'pg_class'), pg_get_userbyid(c.relowner), t.created, t.created,
        t.diststyle,
        case
            when c.relkind = 'r' then 'REGULAR TABLE'
            when c.relkind = 'm' then 'MATERIALIZED VIEW'
            when l.relid is not null then 'LATE BINDING VIEW'
            else 'REGULAR VIEW'
        end
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    left join rs.table_attrs as t on t.relid = c.oid
    left join rs.lbv as l on l.relid = c.oid
    where n.nspname = in_schema and c.relkind in ('r', 'v', 'm')
$$;

create function rs.show_schemas(database text, pattern text default '%') returns table (
    database_name text, schema_name text, schema_owner int, schema_type text, schema_acl text, source_database text,
    schema_option text
) language sql stable as $$
    select current_database(), nspname, nspowner::int, 'local', nspacl::text, null, null
    from pg_namespace where nspname like pattern and nspname <> 'rs'
$$;

create function rs.show_columns(database text, in_schema text, of_table text) returns table (
    database_name text, schema_name text, table_name text, column_name text, ordinal_position int,
    column_default text, is_nullable text, data_type text, character_maximum_length int, numeric_precision int,
    numeric_scale int, remarks text
) language sql stable as $$
    select
        c.table_catalog, c.table_schema, c.table_name, c.column_name, c.ordinal_position, c.column_default,
        c.is_nullable, c.data_type, c.character_maximum_length,
        case when c.data_type = 'numeric' then coalesce(c.numeric_precision, 38) end,
        case when c.data_type = 'numeric' then coalesce(c.numeric_scale, 37) end, null
    from information_schema.columns as c
    where c.table_schema = in_schema and c.table_name = of_table
$$;

create function rs.show_grants(in_schema text, on_table text) returns table (
    database_name text, schema_name text, object_name text, object_type text, privilege_type text, identity_id int,
    identity_name text, identity_type text, admin_option boolean, privilege_scope text, grantor_name text
) language sql stable as $$
    select
        current_database(), namespace_name, relation_name, 'TABLE', privilege_type, identity_id::int, identity_name,
        identity_type, admin_option, 'TABLE', null
    from svv_relation_privileges where namespace_name = in_schema and relation_name = on_table
$$;

grant select on all tables in schema rs to public;
grant select on
    pg_catalog.svv_external_columns, pg_catalog.svv_table_info, pg_catalog.svv_redshift_columns,
    pg_catalog.svv_relation_privileges, pg_catalog.svv_schema_privileges, pg_catalog.stv_mv_info,
    pg_catalog.sys_query_detail, pg_catalog.sys_serverless_usage, pg_catalog.sys_query_history
to public;
