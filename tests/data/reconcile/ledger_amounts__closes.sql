-- Every file of sales or returns in the load log or the lake is in the ledger, with its amounts explained.
-- It starts from the files, so that a missing amount fails instead of comparing as NULL.
with

files as (

    {% if not as_of_date() -%}
    select
        table_name,
        source_file
    from {{ ref('int_load_log__current') }}
    where
        table_name in ('sales', 'returns')
        and loaded_records > 0
    union
    {% endif -%}
    select
        cast('sales' as varchar(64)) as table_name,
        source_file
    from {{ ref('int_sales__as_of') }}
    union
    select
        cast('returns' as varchar(64)) as table_name,
        source_file
    from {{ ref('int_returns__as_of') }}

),

ledger as (

    select
        table_name,
        source_file,
        measure,
        raw_amount,
        fact_amount,
        unexplained_amount
    from {{ ref('ledger_amounts') }}

)

select
    files.table_name,
    files.source_file,
    ledger.measure,
    ledger.raw_amount,
    ledger.fact_amount,
    ledger.unexplained_amount
from files
left join ledger
    on
        files.table_name = ledger.table_name
        and files.source_file = ledger.source_file
where coalesce(ledger.unexplained_amount, 1) <> 0
