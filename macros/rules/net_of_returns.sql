{#- A refund takes back the revenue. Goods that can be sold again bring their cost back, worthless goods do not. -#}
{% macro net_of_returns() -%}
        returned_value,
        returned_profit,
        cast(revenue - returned_value as numeric(18, 4)) as net_revenue,
        cast(profit - returned_profit as numeric(18, 4)) as net_profit_if_resaleable,
        cast(profit - returned_value as numeric(18, 4)) as net_profit_if_worthless
{%- endmacro %}
