{#-
    A ratio as numeric(18, 6); null where the denominator is 0 or missing. Every division of the project goes through here:
    the engines disagree on integer division, on division by zero and on the type of decimal / decimal.
-#}
{% macro safe_divide(numerator, denominator) -%}
    cast(cast({{ numerator }} as double precision) / nullif({{ denominator }}, 0) as numeric(18, 6))
{%- endmacro %}
