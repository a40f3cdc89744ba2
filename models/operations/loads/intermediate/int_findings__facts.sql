with

files as (

    select
        table_name,
        source_file,
        loaded_records
    from {{ ref('int_load_log__current') }}

),

first_sales as (

    select
        product_key,
        territory_key,
        min(order_date) as order_date
    from {{ ref('int_sales_days') }}
    group by
        product_key,
        territory_key

),

returns as (

    select
        returns.source_file,
        count(*) as records,
        sum(case when returns.territory_key = -1 then 1 else 0 end) as of_unknown_territories,
        sum(case when first_sales.order_date <= returns.return_date then 0 else 1 end) as without_sale,
        min(case when first_sales.order_date <= returns.return_date then null else returns.return_date end)
            as first_date,
        max(case when first_sales.order_date <= returns.return_date then null else returns.return_date end)
            as last_date
    from {{ ref('fact_returns') }} as returns
    left join first_sales
        on
            returns.product_key = first_sales.product_key
            and returns.territory_key = first_sales.territory_key
    group by returns.source_file

),

-- In the real files no two returns are alike. Where a product often comes back, some are by chance: as many
-- as its days with a return are expected to be fewer than its returns, from the first to the end of the file.
returned_products as (

    select
        source_file,
        product_key,
        territory_key,
        cast(count(*) as double precision) as records,
        cast(
            max(max(return_date)) over (partition by source_file) - min(return_date) + 1 as double precision
        ) as days
    from {{ ref('fact_returns') }}
    group by
        source_file,
        product_key,
        territory_key

),

by_chance as (

    select
        source_file,
        sum(records - days * (1 - power(1 - 1 / days, records))) as repeats
    from returned_products
    group by source_file

),

alike_returns as (

    select
        source_file,
        count(*) - 1 as repeats
    from {{ ref('fact_returns') }}
    group by
        source_file,
        return_date,
        product_key,
        territory_key,
        return_quantity
    having count(*) > 1

),

repeated_returns as (

    select
        alike_returns.source_file,
        files.loaded_records as of_records,
        by_chance.repeats as by_chance,
        sum(alike_returns.repeats) as records
    from alike_returns
    inner join files
        on
            alike_returns.source_file = files.source_file
            and files.table_name = 'returns'
    inner join by_chance on alike_returns.source_file = by_chance.source_file
    group by
        alike_returns.source_file,
        files.loaded_records,
        by_chance.repeats
    having
        sum(alike_returns.repeats)
        > by_chance.repeats * {{ threshold('guard_repeats_by_chance') }}
        + {{ threshold('guard_small_number') }}

),

duplicates as (

    select
        repeated.source_file,
        files.loaded_records as of_records,
        count(*) as records
    from {{ ref('int_sales__repeated') }} as repeated
    inner join files
        on
            repeated.source_file = files.source_file
            and files.table_name = 'sales'
    where repeated.verdict = 'duplicate'
    group by
        repeated.source_file,
        files.loaded_records

),

found as (

    {{ finding(
        'returns_without_sale', 'returns', exceeds('without_sale', 'records', 'guard_returns_without_sale'), {
        'table_name': "'returns'", 'source_file': 'source_file', 'records': 'without_sale', 'of_records': 'records',
        'first_date': 'first_date', 'last_date': 'last_date',
    }) }}
    union all
    {{ finding(
        'repeated_returns', 'repeated_returns',
        exceeds('(records - by_chance)', 'of_records', 'guard_duplicate_share'), {
        'table_name': "'returns'", 'source_file': 'source_file', 'records': 'records', 'of_records': 'of_records',
    }) }}
    union all
    {{ finding(
        'unknown_territories', 'returns', exceeds('of_unknown_territories', 'records', 'guard_unknown_share'), {
        'table_name': "'returns'", 'source_file': 'source_file', 'records': 'of_unknown_territories',
        'of_records': 'records',
    }) }}
    union all
    {{ finding('duplicates', 'duplicates', exceeds('records', 'of_records', 'guard_duplicate_share'), {
        'table_name': "'sales'", 'source_file': 'source_file', 'records': 'records', 'of_records': 'of_records',
    }) }}

),

-- Fewer of the last two are a warning of their own: sales__exact_duplicates, returns__unknown_members.
final as (

    select *
    from found
    where
        records > 0
        and (stops_the_build or finding not in ('duplicates', 'unknown_territories'))

)

select * from final
