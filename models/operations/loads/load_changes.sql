with

-- A developer's warehouse may also have profiles of another lake, which are not to be compared.
loads_of_lake as (

    select load_id
    from {{ ref('stg_adventure_works__load_log') }}
    group by load_id

),

-- A table with one file is one delivery, also if the file gets a new name.
profiles as (

    select
        profiles.*,
        case
            when profiles.table_name = 'sales' then profiles.source_file
            else profiles.table_name
        end as delivery
    from {{ ref('load_profiles') }} as profiles
    inner join loads_of_lake on profiles.load_id = loads_of_lake.load_id

),

current_loads as (

    select
        loads.load_id,
        case when loads.table_name = 'sales' then loads.source_file else loads.table_name end as delivery
    from {{ ref('int_load_log__current') }} as loads
    inner join {{ ref('int_loads__unbuilt') }} as unbuilt on loads.load_id = unbuilt.load_id

),

load_pairs as (

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

compared as (

    select
        {%- for load_id, suffix in [('load_id', ''), ('load_id_before', '_before')] %}
        sum(case when profiles.load_id = load_pairs.{{ load_id }} then profiles.records else 0 end)
            as {{ 'records' ~ suffix }},
        {%- for column in ('mean_value', 'first_date', 'last_date') %}
        max(case when profiles.load_id = load_pairs.{{ load_id }} then profiles.{{ column }} end)
            as {{ column ~ suffix }},
        {%- endfor %}
        {%- endfor %}
        profiles.delivery,
        profiles.table_name,
        profiles.column_name,
        profiles.column_value
    from load_pairs
    inner join profiles
        on
            load_pairs.delivery = profiles.delivery
            and profiles.load_id in (load_pairs.load_id, load_pairs.load_id_before)
    group by
        profiles.delivery,
        profiles.table_name,
        profiles.column_name,
        profiles.column_value

),

totalled as (

    select
        *,
        sum(records) over (partition by delivery, column_name) as file_records,
        sum(records_before) over (partition by delivery, column_name) as file_records_before
    from compared

),

final as (

    select
        cast(delivery as varchar(256)) as delivery,
        table_name,
        column_name,
        column_value,
        cast(records as bigint) as records,
        cast(records_before as bigint) as records_before,
        cast(mean_value as numeric(18, 4)) as mean_value,
        cast(mean_value_before as numeric(18, 4)) as mean_value_before,
        first_date,
        first_date_before,
        last_date,
        last_date_before,
        cast(file_records as bigint) as file_records,
        cast(file_records_before as bigint) as file_records_before,
        {{ safe_divide('records', 'file_records') }} as record_share,
        {{ safe_divide('records_before', 'file_records_before') }} as record_share_before
    from totalled

)

select * from final
