{% macro is_vip(orders, profit_per_year, limits) -%}
    {{ orders }} >= 2 and coalesce({{ profit_per_year }} >= {{ limits }}.vip_profit_per_year, false)
{%- endmacro %}


{#-
    The first year counts as a whole one, so that a first week is not taken for the rate of a year. Whole dollars, since
    decimals of millions of customers take long.
-#}
{% macro profit_per_year(profit, days) -%}
    cast(
        floor(
            cast({{ profit }} as double precision) * 365
            / greatest({{ days }}, cast({{ threshold('vip_minimum_days') }} as integer))
        ) as bigint
    )
{%- endmacro %}
