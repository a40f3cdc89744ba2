{#- At a margin m, a price that is p higher earns p more on each unit: profit stays the same if p / (m + p) of them are lost. -#}
{% macro break_even_units_lost(percent, profit, revenue) -%}
    {{ safe_divide(
        percent ~ ' * ' ~ revenue,
        'case when ' ~ profit ~ ' > 0 then 100 * ' ~ profit ~ ' + ' ~ percent ~ ' * ' ~ revenue ~ ' end'
    ) }}
{%- endmacro %}
