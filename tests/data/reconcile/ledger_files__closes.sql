-- Each record of a file is loaded, rejected or blank. Each raw table has a file, unless it is optional.
with

raw_tables as (
    {% for raw_table, table in raw_tables().items() if not table.is_optional %}
    select cast('{{ raw_table }}' as varchar(64)) as table_name
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

ledger as (

    select
        table_name,
        source_file,
        records,
        loaded_records,
        raw_rows,
        unexplained_records,
        unexplained_rows,
        unexplained_rejects
    from {{ ref('ledger_files') }}

),

tables_without_file as (

    select raw_tables.table_name
    from raw_tables
    left join ledger on raw_tables.table_name = ledger.table_name
    where ledger.table_name is null

)

select
    table_name,
    source_file,
    records,
    loaded_records,
    raw_rows,
    unexplained_records,
    unexplained_rows,
    unexplained_rejects
from ledger
where
    coalesce(unexplained_records, 1) <> 0
    or coalesce(unexplained_rows, 1) <> 0
    or coalesce(unexplained_rejects, 1) <> 0
union all
select
    table_name,
    cast(null as varchar(256)) as source_file,
    cast(null as bigint) as records,
    cast(null as bigint) as loaded_records,
    cast(null as bigint) as raw_rows,
    cast(null as bigint) as unexplained_records,
    cast(null as bigint) as unexplained_rows,
    cast(null as bigint) as unexplained_rejects
from tables_without_file
