{#- Found through `dispatch` in dbt_project.yml. -#}

{% macro duckdb__can_clone_table() -%}
    {{ return(config.get('materialized') in ('incremental', 'seed', 'snapshot')) }}
{%- endmacro %}


{% macro duckdb__create_or_replace_clone(this_relation, defer_relation) -%}
    create or replace table {{ this_relation }} as
    select * from {{ defer_relation }};
    {#- Commit here: dbt rolls back the transaction that it leaves open. #}
    commit;
    begin
{%- endmacro %}
