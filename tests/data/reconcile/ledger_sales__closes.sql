-- Every file of sales that the load log or the lake knows has a ledger, and every ledger explains all of its
-- amounts. The files lead, so that an empty or missing side fails rather than compares as null.
with

files as (

    {% if not var('as_of_date') -%}
    select source_file
    from {{ ref('int_load_log__current') }}
    where
        table_name = 'sales'
        and loaded_records > 0
    union
    {% endif -%}
    select source_file
    from {{ ref('int_sales__as_of') }}

),

ledger as (

    select
        source_file,
        measure,
        raw_amount,
        fact_amount,
        unexplained_amount
    from {{ ref('ledger_sales') }}

)

select
    files.source_file,
    ledger.measure,
    ledger.raw_amount,
    ledger.fact_amount,
    ledger.unexplained_amount
from files
left join ledger on files.source_file = ledger.source_file
where coalesce(ledger.unexplained_amount, 1) <> 0
