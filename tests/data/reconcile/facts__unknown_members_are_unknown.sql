-- A fact row has an Unknown key only if the dimension does not contain the key in the file.
with

unknown_sales as (

    select
        source_file,
        record_number,
        customer_key,
        territory_key
    from {{ ref('fact_sales') }}
    where
        customer_key = -1
        or territory_key = -1

),

unknown_returns as (

    select
        source_file,
        record_number
    from {{ ref('fact_returns') }}
    where territory_key = -1

)

select
    cast('fact_sales.customer_key' as varchar(64)) as fact_column,
    raw_sales.source_file,
    raw_sales.record_number,
    raw_sales.customer_key as raw_key
from unknown_sales
inner join {{ ref('stg_adventure_works__sales') }} as raw_sales
    on
        unknown_sales.source_file = raw_sales.source_file
        and unknown_sales.record_number = raw_sales.record_number
inner join {{ ref('dim_customers') }} as customers
    on raw_sales.customer_key = customers.customer_key
where
    unknown_sales.customer_key = -1
    and customers.customer_key <> -1
union all
select
    cast('fact_sales.territory_key' as varchar(64)) as fact_column,
    raw_sales.source_file,
    raw_sales.record_number,
    raw_sales.territory_key as raw_key
from unknown_sales
inner join {{ ref('stg_adventure_works__sales') }} as raw_sales
    on
        unknown_sales.source_file = raw_sales.source_file
        and unknown_sales.record_number = raw_sales.record_number
inner join {{ ref('dim_territories') }} as territories
    on raw_sales.territory_key = territories.territory_key
where
    unknown_sales.territory_key = -1
    and territories.territory_key <> -1
union all
select
    cast('fact_returns.territory_key' as varchar(64)) as fact_column,
    raw_returns.source_file,
    raw_returns.record_number,
    raw_returns.territory_key as raw_key
from unknown_returns
inner join {{ ref('stg_adventure_works__returns') }} as raw_returns
    on
        unknown_returns.source_file = raw_returns.source_file
        and unknown_returns.record_number = raw_returns.record_number
inner join {{ ref('dim_territories') }} as territories
    on raw_returns.territory_key = territories.territory_key
where territories.territory_key <> -1
