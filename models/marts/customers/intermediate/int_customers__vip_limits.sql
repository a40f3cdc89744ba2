with

-- By dollar, since sorting every customer of every cut-off day is slow.
dollars as (

    select
        cutoff_number,
        profit_per_year,
        count(*) as customers
    from {{ ref('int_customers__at_cutoffs') }}
    group by
        cutoff_number,
        profit_per_year

),

ranked as (

    select
        cutoff_number,
        profit_per_year,
        coalesce(
            sum(customers) over (
                partition by cutoff_number
                order by profit_per_year desc
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as customers_above,
        sum(customers) over (partition by cutoff_number) - 1 as other_customers
    from dollars

),

limits as (

    select
        cutoff_number,
        min(profit_per_year) as vip_profit_per_year
    from ranked
    where
        customers_above <= (1 - {{ threshold('vip_percentile') }}) * other_customers
        and profit_per_year > 0
    group by cutoff_number

)

select * from limits
