{% macro product_group_figures(sales, advice) -%}
    {{ sales }}.sales_status,
        {{ sales }}.first_sale_date,
        {{ sales }}.last_sale_date,
        {{ sales }}.days_on_sale,
        {{ sales }}.last_12_days_on_sale,
        {% for span in ['', 'current_range_', 'last_12_'] -%}
        {% for measure in ['units', 'revenue', 'cost', 'profit'] -%}
        {{ sales }}.{{ span }}{{ measure }},
        {% endfor -%}
        {{ safe_divide(sales ~ '.' ~ span ~ 'profit', sales ~ '.' ~ span ~ 'revenue') }} as {{ span }}profit_margin,
        {% endfor -%}
        {% for measure in ['units', 'revenue', 'profit'] -%}
        {{ sales }}.previous_12_{{ measure }},
        {% endfor -%}
        {{ sales }}.profit_growth,
        {{ share_of(sales ~ '.profit', 'sum(' ~ sales ~ '.profit) over ()') }} as profit_share,
        {{ share_of(sales ~ '.last_12_profit', 'sum(' ~ sales ~ '.last_12_profit) over ()') }} as last_12_profit_share,
        cast(
            case
                when {{ sales }}.last_12_units > 0
                    then
                        rank() over (
                            partition by {{ sales }}.last_12_units > 0 order by {{ sales }}.last_12_profit desc
                        )
            end as integer
        ) as last_12_profit_rank,
        {{ sales }}.last_12_profit_per_day,
        {{ advice }}.profit_position,
        {{ safe_divide(sales ~ '.subcategory_last_12_profit', sales ~ '.subcategory_last_12_revenue') }}
            as subcategory_profit_margin,
        {{ sales }}.margin_difference,
        {% for percent in [5, 10] -%}
        {{ break_even_units_lost(percent, sales ~ '.last_12_profit', sales ~ '.last_12_revenue') }}
            as break_even_units_lost_at_{{ percent }}_percent,
        {% endfor -%}
        {{ sales }}.return_units,
        {{ net_of_returns(sales) }},
        {{ safe_divide(sales ~ '.return_units', sales ~ '.units') }} as return_rate,
        {{ sales }}.is_small_base,
        {{ safe_divide(sales ~ '.subcategory_return_units', sales ~ '.subcategory_units') }}
            as subcategory_return_rate,
        {{ advice }}.return_rate_p_value,
        {{ advice }}.recommended_action,
        {{ advice }}.action_reason
{%- endmacro %}
