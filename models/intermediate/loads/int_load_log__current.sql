with

ranked as (

    select
        *,
        min(load_id) over () as lake_id,
        max(as_of_date) over (
            order by load_id
            rows between unbounded preceding and current row
        ) as newest_as_of_date,
        row_number() over (
            partition by table_name, source_file
            order by load_id desc
        ) as recency
    from {{ ref('stg_adventure_works__load_log') }}

),

-- The rows of a superseded file are no longer in the lake.
current_loads as (

    select
        table_name,
        source_file,
        load_id,
        records,
        loaded_records,
        rejected_records,
        blank_records,
        load_source,
        dataset_version,
        loaded_at,
        lake_id,
        newest_as_of_date as as_of_date
    from ranked
    where
        recency = 1
        and status = 'loaded'

)

select * from current_loads
