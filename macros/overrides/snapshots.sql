{#- Found through `dispatch` in dbt_project.yml. -#}

{% macro default__snapshot_get_time() -%}
    (select max(loaded.holds_from) from ({{ model['compiled_code'] }}) as loaded)
{%- endmacro %}


{% macro default__build_snapshot_table(strategy, sql) -%}
    {%- do adventure_works.warn_of_earlier_loads(model['name'] | replace('snap_', '')) -%}
    {{ adventure_works.with_types(dbt.default__build_snapshot_table(strategy, sql)) }}
{%- endmacro %}


{#- On Redshift, a literal in a sub-query has no type. -#}
{% macro with_types(sql) -%}
    {{ modules.re.sub(
        "'(\\w+)' as (dbt_change_type|dbt_is_deleted)", "cast('\\1' as varchar(16)) as \\2", sql
    ) }}
{%- endmacro %}


{% macro warn_of_earlier_loads(table_name) -%}
    {%- set load_log = graph.sources['source.adventure_works.adventure_works_load.load_log'] -%}
    {%- set loads = run_query(
        "select count(*) from " ~ adventure_works.source_relation(load_log)
        ~ " where table_name = '" ~ table_name ~ "' and status = 'loaded'"
    ).columns[0].values()[0] -%}
    {%- if loads > 1 -%}
        {%- do exceptions.warn(
            "The load log shows " ~ loads ~ " loads of " ~ table_name ~ ", of which history here begins with the last: "
            ~ "past sales have its prices. `adventure run` shows all of them to the snapshots; `dbt clone --state "
            ~ "warehouse/state` begins with what is published."
        ) -%}
    {%- endif -%}
{%- endmacro %}


{% macro default__snapshot_staging_table(strategy, source_sql, target_relation) -%}
    {%- set staging = dbt.default__snapshot_staging_table(strategy, source_sql, target_relation) -%}
    select * from (
        {{ adventure_works.with_types(staging) }}
    ) as staged
    where {{ adventure_works.snapshot_condition(source_sql, target_relation) }}
{%- endmacro %}


{% macro snapshot_condition(source_sql, target_relation) -%}
    {%- if adventure_works.reads_a_part() -%}
        {{ return('false') }}
    {%- endif -%}
    {%- set query = "select max(lake_id) as lake_id, max(load_id) as load_id from (" ~ source_sql ~ ") as loaded" -%}
    {%- set lake_id, load_id = run_query(query).rows[0].values() -%}
    {%- if lake_id is none -%}
        {%- do exceptions.raise_compiler_error(
            target_relation.identifier ~ ": the model that it compares has no rows, so that everything would count as "
            ~ "deleted. Nothing was changed.\nBuild that model again, as is needed after --empty: `dbt build --select +"
            ~ target_relation.identifier ~ "`. If it stays empty, load the file again: `adventure load --source ...`."
        ) -%}
    {%- endif -%}
    {%- set lake = target_relation ~ " where lake_id = '" ~ lake_id ~ "'" -%}
    {%- set is_known = "select count(*) from " ~ lake ~ " and load_id >= '" ~ load_id ~ "'" -%}
    {%- if not flags.FULL_REFRESH and run_query(is_known).columns[0].values()[0] > 0 -%}
        {{ return('false') }}
    {%- endif -%}
    {#- Rows of other lakes stay as they are. A row that ends because of a deletion has no lake_id in `staged`. -#}
    {{ return(
        "staged.lake_id = '" ~ lake_id ~ "' or staged.dbt_scd_id in (select dbt_scd_id from " ~ lake ~ ")"
    ) }}
{%- endmacro %}
