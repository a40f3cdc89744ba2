{% set counts = ['records', 'loaded_records', 'rejected_records', 'blank_records', 'file_bytes'] %}

with

by_load as (

    select
        load_id,
        table_name,
        {%- for count in counts %}
        sum(case when status = 'loaded' then {{ count }} else 0 end) as {{ count }},
        {%- endfor %}
        sum(case when status = 'loaded' then 1 else 0 end) as files,
        sum(case when status = 'loaded' then 0 else 1 end) as superseded_files,
        max(loaded_at) as loaded_at
    from {{ ref('stg_adventure_works__load_log') }}
    group by
        load_id,
        table_name

),

compared as (

    select
        *,
        lag(records) over (
            partition by table_name
            order by load_id
        ) as records_before
    from by_load

),

final as (

    select
        cast(load_id as varchar(64)) as load_id,
        cast(table_name as varchar(64)) as table_name,
        loaded_at,
        {%- for count in ['files', 'superseded_files'] + counts + ['records_before'] %}
        cast({{ count }} as bigint) as {{ count }},
        {%- endfor %}
        {{ relative_change('records', 'records_before') }} as change_in_records,
        {{ safe_divide('rejected_records', 'records') }} as rejected_share
    from compared

)

select * from final
