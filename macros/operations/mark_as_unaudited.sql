{% macro mark_as_unaudited() -%}
    {#- `adventure run` sets ADVENTURE_WAREHOUSE, and writes the record itself. -#}
    {%- if execute and target.name == 'prod' and not env_var('ADVENTURE_WAREHOUSE', '')
        and flags.WHICH in ('build', 'run', 'seed', 'snapshot', 'retry') -%}
        {%- set schema = generate_schema_name('operations', none) -%}
        {%- if adapter.get_relation(target.database, schema, 'audit_record') is not none -%}
            {#- Commit here: dbt rolls back a transaction that an earlier catalogue query left open. -#}
            begin;
            {{ adventure_works.statement_comment() }}
            update {{ schema }}.audit_record set outcome = 'changed' where outcome = 'passed';
            commit
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
