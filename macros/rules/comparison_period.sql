{#-
    The period of `int_comparison_periods` (joined as `periods`) that a date is in: last_12, previous_12, or NULL before both.
-#}
{% macro comparison_period(date) -%}
    case
        when {{ date }} >= periods.last_12_from then 'last_12'
        when {{ date }} >= periods.previous_12_from then 'previous_12'
    end
{%- endmacro %}
