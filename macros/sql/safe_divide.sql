{#-
    The engines differ in integer division, in division by zero and in the type of decimal / decimal. They also round a
    floating 0.1234565 to six places differently, hence the exact step of ten places.
-#}
{% macro safe_divide(numerator, denominator) -%}
    cast(
        cast(cast({{ numerator }} as double precision) / nullif({{ denominator }}, 0) as numeric(28, 10)) as numeric(18, 6)
    )
{%- endmacro %}
