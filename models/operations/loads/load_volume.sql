with

load_log as (

    select
        load_id,
        table_name,
        status,
        loaded_at,
        file_bytes,
        records,
        loaded_records,
        rejected_records,
        blank_records
    from {{ ref('stg_adventure_works__load_log') }}

),

loaded as (

    select
        load_id,
        table_name,
        max(loaded_at) as loaded_at,
        sum(case when status = 'loaded' then 1 else 0 end) as files,
        sum(case when status = 'loaded' then 0 else 1 end) as superseded_files,
        sum(case when status = 'loaded' then records else 0 end) as records,
        sum(case when status = 'loaded' then loaded_records else 0 end) as loaded_records,
        sum(case when status = 'loaded' then rejected_records else 0 end) as rejected_records,
        sum(case when status = 'loaded' then blank_records else 0 end) as blank_records,
        sum(case when status = 'loaded' then file_bytes else 0 end) as file_bytes
    from load_log
    group by
        load_id,
        table_name

),

compared as (

    select
        cast(load_id as varchar(64)) as load_id,
        cast(table_name as varchar(64)) as table_name,
        loaded_at,
        cast(files as bigint) as files,
        cast(superseded_files as bigint) as superseded_files,
        cast(records as bigint) as records,
        cast(loaded_records as bigint) as loaded_records,
        cast(rejected_records as bigint) as rejected_records,
        cast(blank_records as bigint) as blank_records,
        cast(file_bytes as bigint) as file_bytes,
        cast(
            lag(records) over (
                partition by table_name
                order by load_id
            ) as bigint
        ) as records_before
    from loaded

),

final as (

    select
        load_id,
        table_name,
        loaded_at,
        files,
        superseded_files,
        records,
        loaded_records,
        rejected_records,
        blank_records,
        file_bytes,
        records_before,
        {{ relative_change('records', 'records_before') }} as change_in_records,
        {{ safe_divide('rejected_records', 'records') }} as rejected_share
    from compared

)

select * from final
