with

quarantined_records as (

    select
        'sales' as table_name,
        source_file,
        quarantine_reason,
        order_quantity as units
    from {{ ref('int_sales__quarantined') }}
    union all
    select
        'returns' as table_name,
        source_file,
        quarantine_reason,
        return_quantity as units
    from {{ ref('int_returns__quarantined') }}

),

counted as (

    select
        cast(table_name as varchar(64)) as table_name,
        source_file,
        quarantine_reason,
        cast(count(*) as bigint) as records,
        cast(coalesce(sum(units), 0) as bigint) as units
    from quarantined_records
    group by
        table_name,
        source_file,
        quarantine_reason

)

select * from counted
