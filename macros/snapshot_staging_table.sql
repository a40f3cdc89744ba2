{#-
    What a snapshot has to take in, in place of dbt's own answer: nothing, when it holds a state that the present load
    brought. Otherwise dbt compares every row with what is held, which is most of what one more day of sales would cost.
    A load that changed nothing leaves no trace, and is compared again. As with the facts, what changed code makes of
    the same files takes `--full-refresh`. Found through `dispatch` in dbt_project.yml.
-#}
{% macro default__snapshot_staging_table(strategy, source_sql, target_relation) -%}
    {%- set query -%}
        select count(*) from {{ target_relation }}
        where load_id = (select max(loaded.load_id) from ({{ source_sql }}) as loaded)
    {%- endset -%}
    {%- set is_held = not flags.FULL_REFRESH and run_query(query).columns[0].values()[0] > 0 -%}
    select * from (
        {{ dbt.default__snapshot_staging_table(strategy, source_sql, target_relation) }}
    ) as staged
    {{ 'where false' if is_held }}
{%- endmacro %}
