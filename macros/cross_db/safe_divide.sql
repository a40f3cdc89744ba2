{#-
    A ratio as numeric(18, 6); null where the denominator is 0 or missing. Every division of the project goes through here:
    the engines disagree on integer division, on division by zero and on the type of decimal / decimal. They also round
    a floating 0.1234565 to six places differently, hence by way of more places than those, exactly.
-#}
{% macro safe_divide(numerator, denominator) -%}
    cast(
        cast(cast({{ numerator }} as double precision) / nullif({{ denominator }}, 0) as numeric(28, 10)) as numeric(18, 6)
    )
{%- endmacro %}
