with

measured as (

    select *
    from {{ ref('int_product_groups__sales_periods') }}

),

products_on_sale as (

    select
        product_model_key,
        last_12_profit_per_day
    from measured
    where
        product_level = 'product'
        and sales_status in ('on sale', 'new')

),

median_product as (

    select
        cast(
            percentile_cont(0.5) within group (order by cast(last_12_profit_per_day as double precision))
            as numeric(18, 6)
        ) as last_12_profit_per_day
    from products_on_sale

),

best_products as (

    select
        product_model_key,
        max(last_12_profit_per_day) as last_12_profit_per_day
    from products_on_sale
    group by product_model_key

),

positioned as (

    select
        *,
        -- Within the category, since the profits of bicycles and bottles are not comparable.
        cast(
            case
                when sales_status = 'on sale'
                    then
                        cume_dist() over (
                            partition by product_level, product_category_key, sales_status
                            order by last_12_profit_per_day
                        )
            end as numeric(18, 6)
        ) as profit_position
    from measured

),

judged as (

    select
        positioned.*,
        return_rates.return_rate_p_value,
        positioned.profit_position > {{ threshold('product_high_profit') }} as is_high_profit,
        positioned.margin_difference <= -{{ threshold('product_low_margin') }} as is_low_margin,
        positioned.profit_growth <= {{ threshold('product_declining') }} as is_declining,
        return_rates.is_above_others
        and return_rates.return_rate_p_value < {{ threshold('significance_level') }} as has_high_return_rate,
        -- Neither the model nor one of its products earns more than the median product.
        positioned.last_12_profit_per_day <= median_product.last_12_profit_per_day
        and best_products.last_12_profit_per_day <= median_product.last_12_profit_per_day as is_low_profit
    from positioned
    cross join median_product
    left join best_products on positioned.product_model_key = best_products.product_model_key
    left join {{ ref('int_product_groups__return_rates') }} as return_rates
        on
            positioned.product_level = return_rates.product_level
            and positioned.product_group_key = return_rates.product_group_key

),

advised as (

    select
        *,
        cast(
            case
                {%- for rule in product_action_rules() if rule.action %}
                when {{ rule.condition }} then '{{ rule.action }}'
                {%- endfor %}
            end as varchar(16)
        ) as recommended_action,
        cast(
            case
                {%- for rule in product_action_rules() %}
                when {{ rule.condition }} then '{{ rule.reason }}'
                {%- endfor %}
            end as varchar(256)
        ) as action_reason
    from judged

),

-- A product on sale follows its model.
final as (

    select
        own.product_level,
        own.product_group_key,
        own.profit_position,
        own.return_rate_p_value,
        case when own.sales_status = 'on sale' then models.recommended_action end as recommended_action,
        case
            when own.sales_status = 'on sale' then models.action_reason
            else own.action_reason
        end as action_reason
    from advised as own
    inner join advised as models
        on
            own.product_model_key = models.product_group_key
            and models.product_level = 'model'

)

select * from final
