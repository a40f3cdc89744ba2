with

loads as (

    select
        table_name,
        load_id,
        corrects_load_id
    from {{ ref('stg_adventure_works__load_log') }}
    where status = 'loaded'

),

-- Also a load since the one that is corrected: its file was loaded as a change first.
corrected as (

    select
        loads.table_name,
        loads.load_id
    from loads
    inner join loads as corrections
        on
            loads.table_name = corrections.table_name
            and loads.load_id > corrections.corrects_load_id
            and loads.load_id <= corrections.load_id
    group by
        loads.table_name,
        loads.load_id

)

select * from corrected
