with

profiles as (

    select
        load_id,
        table_name,
        source_file,
        column_name,
        column_value,
        records,
        mean_value,
        first_date,
        last_date,
        -- A table that comes in one file is that file, whatever its name.
        case when table_name = 'sales' then source_file else table_name end as delivery
    from {{ ref('load_profiles') }}

),

current_loads as (

    select
        load_id,
        case when table_name = 'sales' then source_file else table_name end as delivery
    from {{ ref('int_load_log__current') }}

),

loads_before as (

    select
        current_loads.delivery,
        current_loads.load_id,
        max(profiles.load_id) as load_id_before
    from current_loads
    inner join profiles
        on
            current_loads.delivery = profiles.delivery
            and current_loads.load_id > profiles.load_id
    group by
        current_loads.delivery,
        current_loads.load_id

),

sides as (

    select
        profiles.delivery,
        profiles.table_name,
        profiles.column_name,
        profiles.column_value,
        profiles.records,
        profiles.mean_value,
        profiles.first_date,
        profiles.last_date,
        0 as records_before,
        cast(null as numeric(18, 4)) as mean_value_before,
        cast(null as date) as first_date_before,
        cast(null as date) as last_date_before
    from loads_before
    inner join profiles
        on
            loads_before.delivery = profiles.delivery
            and loads_before.load_id = profiles.load_id
    union all
    select
        profiles.delivery,
        profiles.table_name,
        profiles.column_name,
        profiles.column_value,
        0 as records,
        cast(null as numeric(18, 4)) as mean_value,
        cast(null as date) as first_date,
        cast(null as date) as last_date,
        profiles.records as records_before,
        profiles.mean_value as mean_value_before,
        profiles.first_date as first_date_before,
        profiles.last_date as last_date_before
    from loads_before
    inner join profiles
        on
            loads_before.delivery = profiles.delivery
            and loads_before.load_id_before = profiles.load_id

),

side_by_side as (

    select
        delivery,
        table_name,
        column_name,
        column_value,
        cast(sum(records) as bigint) as records,
        cast(sum(records_before) as bigint) as records_before,
        cast(max(mean_value) as numeric(18, 4)) as mean_value,
        cast(max(mean_value_before) as numeric(18, 4)) as mean_value_before,
        max(first_date) as first_date,
        max(first_date_before) as first_date_before,
        max(last_date) as last_date,
        max(last_date_before) as last_date_before
    from sides
    group by
        delivery,
        table_name,
        column_name,
        column_value

),

shares as (

    select
        cast(delivery as varchar(256)) as delivery,
        table_name,
        column_name,
        column_value,
        records,
        records_before,
        mean_value,
        mean_value_before,
        first_date,
        first_date_before,
        last_date,
        last_date_before,
        cast(sum(records) over (partition by delivery, column_name) as bigint) as file_records,
        cast(sum(records_before) over (partition by delivery, column_name) as bigint)
            as file_records_before,
        {{ safe_divide('records', 'sum(records) over (partition by delivery, column_name)') }}
            as record_share,
        {{ safe_divide('records_before', 'sum(records_before) over (partition by delivery, column_name)') }}
            as record_share_before
    from side_by_side

)

select * from shares
