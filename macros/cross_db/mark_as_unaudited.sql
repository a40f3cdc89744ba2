{% macro mark_as_unaudited() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'seed', 'snapshot', 'retry') -%}
        {{ return(adapter.dispatch('mark_as_unaudited', 'adventure_works')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__mark_as_unaudited() -%}
    {%- set schema = generate_schema_name('operations', none) -%}
    {%- if adapter.get_relation(target.database, schema, 'audit_record') is not none -%}
        {#- Commit here: dbt rolls back a transaction that an earlier catalogue query left open. -#}
        begin;
        update {{ schema }}.audit_record set outcome = 'changed' where outcome = 'passed';
        commit
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__mark_as_unaudited() -%}
    {%- if adapter.get_relation(target.database, 'operations', 'audit_record') is not none -%}
        update operations.audit_record set outcome = 'changed' where outcome = 'passed'
    {%- endif -%}
{%- endmacro %}
