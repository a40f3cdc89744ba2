{#-
    Runs after a build: lets the readers that the `grants` of the models and seeds name (REDSHIFT_READERS) into the
    schemas that were built. dbt grants on relations only, which is worth nothing without USAGE on their schema.
-#}
{% macro let_readers_in(schemas) -%}
    {%- if execute -%}
        {{ return(adapter.dispatch('let_readers_in', 'adventure_works')(schemas)) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__let_readers_in(schemas) -%}
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

{% macro duckdb__let_readers_in(schemas) -%}
{%- endmacro %}
