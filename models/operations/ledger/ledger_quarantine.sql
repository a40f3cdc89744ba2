with

quarantined_records as (
    {% for table_name, units in [('sales', 'order_quantity'), ('returns', 'return_quantity')] %}
    select
        cast('{{ table_name }}' as varchar(64)) as table_name,
        source_file,
        quarantine_reason,
        {{ units }} as units
    from {{ ref('int_' ~ table_name ~ '__quarantined') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
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
