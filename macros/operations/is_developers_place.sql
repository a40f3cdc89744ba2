{% macro is_developers_place() -%}
    {{ return(target.name in ('dev', 'redshift_dev')) }}
{%- endmacro %}
