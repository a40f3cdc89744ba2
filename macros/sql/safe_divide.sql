{#-
    The engines differ in integer division, division by zero and the type of decimal / decimal. They also round a
    floating-point 0.1234565 to six places differently, so it is first rounded to ten places.
-#}
{% macro safe_divide(numerator, denominator) -%}
    cast(
        cast(cast({{ numerator }} as double precision) / nullif({{ denominator }}, 0) as numeric(28, 10)) as numeric(18, 6)
    )
{%- endmacro %}
