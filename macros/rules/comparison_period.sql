{% macro comparison_period(date) -%}
    case
        when {{ date }} >= periods.last_12_from then 'last_12'
        when {{ date }} >= periods.previous_12_from then 'previous_12'
    end
{%- endmacro %}
