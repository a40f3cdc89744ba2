{% macro null_of(value) -%}
    min(nullif({{ value }}, {{ value }}))
{%- endmacro %}
