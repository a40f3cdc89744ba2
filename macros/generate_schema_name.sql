{#-
    Schemas are staging, intermediate, core, marts, operations. A DuckDB file holds one environment, so they stand
    there by their plain names; a Redshift database is shared, so there they carry the target's schema as a prefix.
-#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name is none -%}
        {{ target.schema }}
    {%- elif target.type == 'duckdb' -%}
        {{ custom_schema_name | trim }}
    {%- else -%}
        {{ target.schema }}_{{ custom_schema_name | trim }}
    {%- endif -%}
{%- endmacro %}
