{#-
    Runs after a build that passed: lets the readers that the `grants` of the models and seeds name (REDSHIFT_READERS)
    into the schemas that were built. dbt grants on relations only, which is worth nothing without USAGE on their schema.
-#}
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
        {#- What ran before may have left a transaction open, which dbt rolls back. -#}
        begin;
        grant usage on schema {{ entered | unique | sort | join(', ') }}
        to {{ redshift__format_grantees(readers | unique | sort) | join(', ') }};
        commit
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__grant_schema_usage(schemas) -%}
{%- endmacro %}


{#- Whether anything in the results of a run is wrong, so that `adventure run` will not publish it. -#}
{% macro any_failed(results) -%}
    {%- for result in results if result.status | string in ('error', 'fail', 'runtime error') -%}
        {{ return(true) }}
    {%- endfor -%}
    {{ return(false) }}
{%- endmacro %}
