{% macro grant_schema_usage(schemas, results) -%}
    {%- if execute and not adventure_works.any_failed(results) -%}
        {{ return(adapter.dispatch('grant_schema_usage', 'adventure_works')(schemas)) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__grant_schema_usage(schemas) -%}
    {%- set granted = {} -%}
    {%- for node in graph.nodes.values() if node.schema in schemas and node.config.get('grants', {}).get('select') -%}
        {%- do granted.setdefault(node.schema, []).extend(node.config.grants.select) -%}
    {%- endfor -%}
    {%- if granted -%}
        {#- Commit here: dbt rolls back a transaction that an earlier statement left open. -#}
        begin;
        {%- for schema, readers in granted.items() | sort %}
        {{ adventure_works.statement_comment() }}
        grant usage on schema {{ adapter.quote(schema) }}
        to {{ redshift__format_grantees(readers | unique | sort) | join(', ') }};
        {%- endfor %}
        commit
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__grant_schema_usage(schemas) -%}
{%- endmacro %}
