{#- Found through `dispatch` in dbt_project.yml. -#}

{% macro default__snapshot_get_time() -%}
    (select max(loaded.holds_from) from ({{ model['compiled_code'] }}) as loaded)
{%- endmacro %}


{% macro default__snapshot_staging_table(strategy, source_sql, target_relation) -%}
    {%- set query -%}
        select count(*) from {{ target_relation }}
        where load_id = (select max(loaded.load_id) from ({{ source_sql }}) as loaded)
    {%- endset -%}
    {%- set is_known = not flags.FULL_REFRESH and run_query(query).columns[0].values()[0] > 0 -%}
    select * from (
        {{ dbt.default__snapshot_staging_table(strategy, source_sql, target_relation) }}
    ) as staged
    {{ 'where false' if is_known }}
{%- endmacro %}
