{% macro grant_schema_usage(schemas, results) -%}
    {%- if execute and not adventure_works.any_failed(results) -%}
        {{ return(adapter.dispatch('grant_schema_usage', 'adventure_works')(schemas)) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__grant_schema_usage(schemas) -%}
    {%- set readers, entered = [], [] -%}
    {%- for node in graph.nodes.values() if node.schema in schemas and node.config.get('grants', {}).get('select') -%}
        {%- do readers.extend(node.config.grants.select) -%}
        {%- do entered.append(adapter.quote(node.schema)) -%}
    {%- endfor -%}
    {%- if readers -%}
        {#- Commit here: dbt rolls back a transaction that an earlier statement left open. -#}
        begin;
        grant usage on schema {{ entered | unique | sort | join(', ') }}
        to {{ redshift__format_grantees(readers | unique | sort) | join(', ') }};
        commit
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__grant_schema_usage(schemas) -%}
{%- endmacro %}
