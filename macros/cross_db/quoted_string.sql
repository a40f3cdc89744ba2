{% macro quoted_string(value) -%}
    {{ return(adapter.dispatch('quoted_string', 'adventure_works')(value)) }}
{%- endmacro %}

{% macro default__quoted_string(value) -%}
    {{ return("'" ~ value | replace('\\', '\\\\') | replace("'", "''") ~ "'") }}
{%- endmacro %}

{% macro duckdb__quoted_string(value) -%}
    {{ return("'" ~ value | replace("'", "''") ~ "'") }}
{%- endmacro %}
