{% set dates = {
    'calendar': [ref('stg_adventure_works__calendar'), 'calendar_date'],
    'sales': [ref('int_order_dates'), 'order_date'],
    'returns': [ref('stg_adventure_works__returns'), 'return_date'],
} %}

with

newest_dates as (
    {% for raw_table, (relation, date_column) in dates.items() %}
    select
        cast('{{ raw_table }}' as varchar(64)) as table_name,
        max({{ date_column }}) as newest_date
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

by_table as (

    select
        table_name,
        max(load_id) as load_id,
        max(loaded_at) as loaded_at,
        count(*) as files,
        sum(loaded_records) as loaded_records
    from {{ ref('int_load_log__current') }}
    group by table_name

),

final as (

    select
        cast(by_table.table_name as varchar(64)) as table_name,
        cast(by_table.load_id as varchar(64)) as load_id,
        by_table.loaded_at,
        cast(by_table.files as bigint) as files,
        cast(by_table.loaded_records as bigint) as loaded_records,
        newest_dates.newest_date,
        reporting.as_of_date,
        cast({{ dbt.datediff('newest_dates.newest_date', 'reporting.as_of_date', 'day') }} as integer)  -- noqa: LT05
            as days_behind
    from by_table
    left join newest_dates
        on by_table.table_name = newest_dates.table_name
    cross join {{ ref('int_as_of_date') }} as reporting

)

select * from final
