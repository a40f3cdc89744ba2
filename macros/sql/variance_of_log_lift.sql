{#-
    By the delta method for the counts of a 2 x 2 table (Agresti, Categorical Data Analysis, 3rd ed., 16.1), from the
    gradient of ln p11 - ln(p11 + p10) - ln(p11 + p01). At a lift of 1 it is the variance of the chi-square test.
    Floating point can give slightly less than 0, so `greatest` limits it to 0.
-#}
{% macro variance_of_log_lift(n, a, b, together) -%}
    greatest(
        1 / {{ together }} - 1 / {{ a }} - 1 / {{ b }}
        + (2 * {{ together }} * {{ n }} / ({{ a }} * {{ b }}) - 1) / {{ n }},
        0
    )
{%- endmacro %}
