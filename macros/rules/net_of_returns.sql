{#- A refund takes back the revenue. Goods that can be sold again bring their cost back, worthless goods do not. -#}
{% macro net_of_returns(relation=none) -%}
    {%- set prefix = relation ~ '.' if relation else '' -%}
        {{ prefix }}returned_value,
        {{ prefix }}returned_profit,
        cast({{ prefix }}revenue - {{ prefix }}returned_value as numeric(18, 4)) as net_revenue,
        cast({{ prefix }}profit - {{ prefix }}returned_profit as numeric(18, 4)) as net_profit_if_resaleable,
        cast({{ prefix }}profit - {{ prefix }}returned_value as numeric(18, 4)) as net_profit_if_worthless
{%- endmacro %}
