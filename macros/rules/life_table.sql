{#- The as-of date is cut-off day 0. The oldest one only serves to learn from, and has nothing to be compared with. -#}
{% macro cutoff_numbers() -%}
    {{ return([0, 1, 2, 3, 4]) }}
{%- endmacro %}
{#- From the finest to the coarsest. -#}
{% macro life_table_levels() -%}
    {{ return([
        'orders, start, recency and profit',
        'orders, start and recency',
        'orders and start',
        'orders',
        'all',
    ]) }}
{%- endmacro %}
{% macro life_table_group(level, relation) -%}
    {%- if level == 'all' -%}
        'all customers'
    {%- else -%}
        case {{ relation }}.orders_group
            when 1 then '1 order'
            when 4 then '4 or more orders'
            else cast({{ relation }}.orders_group as varchar(1)) || ' orders'
        end
        {%- if level != 'orders' %}
        || case
            when {{ relation }}.began_in_current_range then ', since the current range'
            else ', before the current range'
        end
        {%- endif %}
        {%- if 'recency' in level %}
        || ', ' || {{ relation }}.recency_band || ' ago'
        {%- endif %}
        {%- if 'profit' in level %}
        || case
            when {{ relation }}.orders_group = 1 then ''
            when {{ relation }}.is_vip then ', VIP'
            else ', not VIP'
        end
        {%- endif %}
    {%- endif -%}
{%- endmacro %}
