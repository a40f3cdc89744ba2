-- A file was delivered again with far more records than before: they are probably duplicated. With dates,
-- records per day are compared, since a file may grow by new days.
{% set days = dbt.datediff('first_date', 'last_date', 'day') %}
{% set days_before = dbt.datediff('first_date_before', 'last_date_before', 'day') %}

with

changes as (

    select
        delivery,
        column_name,
        file_records,
        file_records_before,
        case
            when column_name in ('calendar_date', 'order_date', 'return_date')
                then ({{ days }}) + 1
        end as days,
        case
            when column_name in ('calendar_date', 'order_date', 'return_date')
                then ({{ days_before }}) + 1
        end as days_before
    from {{ ref('load_changes') }}

),

deliveries as (

    select
        delivery,
        max(file_records) as file_records,
        max(file_records_before) as file_records_before,
        coalesce(max(days), 1) as days,
        coalesce(max(days_before), 1) as days_before
    from changes
    group by delivery

)

select
    delivery,
    file_records,
    file_records_before,
    days,
    days_before
from deliveries
where
    file_records > file_records_before + {{ threshold('drift_small_file') }}
    and {{ safe_divide('file_records', 'days') }}
    > {{ safe_divide('file_records_before', 'days_before') }} * (1 + {{ threshold('drift_denser_records') }})
