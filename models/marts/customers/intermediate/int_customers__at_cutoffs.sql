with

-- The cut-off days as columns, so that the orders are read once.
days as (

    select
        {% for number in cutoff_numbers()[1:] -%}
        max(case when cutoff_number = {{ number }} then cutoff_date end) as date_{{ number }},
        {% endfor -%}
        max(cutoff_date) as date_0
    from {{ ref('int_cutoffs') }}

),

-- The Unknown customer is many customers, so it has no history.
customers as (

    select
        orders.customer_key,
        {% for number in cutoff_numbers() -%}
        {%- set is_known = 'orders.order_date <= days.date_%s' % number -%}
        count(case when {{ is_known }} then 1 end) as orders_{{ number }},
        max(case when {{ is_known }} then orders.order_date end) as last_{{ number }},
        cast(sum(case when {{ is_known }} then orders.profit else 0 end) as numeric(18, 4))
            as profit_{{ number }},
        {% endfor -%}
        min(orders.order_date) as first_order_date
    from {{ ref('fact_orders') }} as orders
    cross join days
    where orders.customer_key <> -1
    group by orders.customer_key

),

-- What came by the next cut-off day and the one after it; NULL if that day is in the future.
at_cutoffs as (
    {% for number in cutoff_numbers() %}
    {%- set steps = [number - 1, number - 2] %}
    select
        cast({{ number }} as integer) as cutoff_number,
        customer_key,
        first_order_date,
        orders_{{ number }} as orders,
        last_{{ number }} as last_order_date,
        profit_{{ number }} as profit
        {%- for horizon in [90, 180] %}
        {%- set next = steps[loop.index0] %},
        {{ 'orders_%s - orders_%s' % (next, number) if next >= 0 else 'cast(null as bigint)' }}
            as next_{{ horizon }}_day_orders,
        {{ 'profit_%s - profit_%s' % (next, number) if next >= 0 else 'cast(null as numeric(18, 4))' }}
            as next_{{ horizon }}_day_profit
        {%- endfor %},
        {{ 'last_%s' % steps[0] if steps[0] >= 0 else 'cast(null as date)' }} as last_order_date_after_90_days
    from customers
    where orders_{{ number }} > 0
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

elapsed as (

    select
        at_cutoffs.*,
        cutoffs.cutoff_date,
        cutoffs.current_range_date,
        cast(cutoffs.cutoff_date - at_cutoffs.last_order_date as integer) as days_since_last_order,
        cast(cutoffs.cutoff_date + 90 - at_cutoffs.last_order_date_after_90_days as integer)
            as days_after_90_days
    from at_cutoffs
    inner join {{ ref('int_cutoffs') }} as cutoffs on at_cutoffs.cutoff_number = cutoffs.cutoff_number

),

-- By day, since a join of every customer with limits is slow.
bands as (

    select
        cast(as_of.as_of_date - dates.date_day as integer) as days_since_last_order,
        recency_bands.recency_band
    from {{ ref('dim_dates') }} as dates
    cross join {{ ref('int_as_of_date') }} as as_of
    inner join {{ ref('recency_bands') }} as recency_bands
        on
            as_of.as_of_date - dates.date_day >= recency_bands.lower_days
            and as_of.as_of_date - dates.date_day < recency_bands.upper_days

),

final as (

    select
        elapsed.cutoff_number,
        elapsed.cutoff_date,
        elapsed.customer_key,
        elapsed.first_order_date,
        elapsed.last_order_date,
        elapsed.days_since_last_order,
        elapsed.orders,
        elapsed.profit,
        cast(least(elapsed.orders, 4) as integer) as orders_group,
        elapsed.first_order_date >= elapsed.current_range_date as began_in_current_range,
        bands.recency_band,
        {{ profit_per_year(
            'elapsed.profit', 'cast(elapsed.cutoff_date - elapsed.first_order_date as integer)'
        ) }} as profit_per_year,
        elapsed.next_90_day_orders,
        cast(elapsed.next_90_day_profit as numeric(18, 4)) as next_90_day_profit,
        elapsed.next_180_day_orders,
        cast(elapsed.next_180_day_profit as numeric(18, 4)) as next_180_day_profit,
        cast(
            case
                when elapsed.next_90_day_orders is not null
                    then least(elapsed.orders + elapsed.next_90_day_orders, 4)
            end as integer
        ) as orders_group_after_90_days,
        later_bands.recency_band as recency_band_after_90_days,
        {{ profit_per_year(
            '(elapsed.profit + elapsed.next_90_day_profit)',
            'cast(elapsed.cutoff_date + 90 - elapsed.first_order_date as integer)'
        ) }} as profit_per_year_after_90_days
    from elapsed
    left join bands on elapsed.days_since_last_order = bands.days_since_last_order
    left join bands as later_bands on elapsed.days_after_90_days = later_bands.days_since_last_order

)

select * from final
