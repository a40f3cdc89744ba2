{% set dated = {'calendar': 'calendar_date', 'sales': 'order_date', 'returns': 'return_date'} %}

with

loads as (

    select
        table_name,
        source_file,
        load_id,
        loaded_records,
        loaded_at
    from {{ ref('int_load_log__current') }}

),

as_of as (

    select as_of_date
    from {{ ref('int_as_of_date') }}

),

newest as (
    {% for raw_table, date_column in dated.items() %}
    select
        '{{ raw_table }}' as table_name,
        max({{ date_column }}) as newest_date
    from {{ ref('stg_adventure_works__' ~ raw_table) }}
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
    from loads
    group by table_name

),

final as (

    select
        cast(by_table.table_name as varchar(64)) as table_name,
        cast(by_table.load_id as varchar(64)) as load_id,
        by_table.loaded_at,
        cast(by_table.files as bigint) as files,
        cast(by_table.loaded_records as bigint) as loaded_records,
        newest.newest_date,
        as_of.as_of_date,
        cast({{ dbt.datediff('newest.newest_date', 'as_of.as_of_date', 'day') }} as integer) as days_behind  -- noqa: LT05
    from by_table
    left join newest
        on by_table.table_name = newest.table_name
    cross join as_of

)

select * from final
