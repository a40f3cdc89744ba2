{#- The first year counts as a whole one, so that a first week is not taken for the rate of a year. -#}
{% macro profit_per_year(profit, days) -%}
    {{ safe_divide(profit ~ ' * 365', 'greatest(' ~ days ~ ', ' ~ threshold('vip_minimum_days') ~ ')') }}
{%- endmacro %}
