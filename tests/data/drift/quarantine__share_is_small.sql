-- Too much of a file was quarantined: figures without it would mislead. A row for each reason in such a file.
with

quarantined as (
    {% for table_name, day in [('sales', 'order_date'), ('returns', 'return_date')] %}
    select
        cast('{{ table_name }}' as varchar(64)) as table_name,
        source_file,
        quarantine_reason,
        count(*) as records,
        count(distinct {{ day }}) as days,
        count(distinct product_key) as products,
        min({{ day }}) as first_date,
        max({{ day }}) as last_date
    from {{ ref('int_' ~ table_name ~ '__quarantined') }}
    group by
        source_file,
        quarantine_reason
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

by_file as (

    select
        *,
        sum(records) over (partition by table_name, source_file) as records_of_file
    from quarantined

),

-- Each of these tables comes in one file, which the reasons name.
lookup_files as (

    select
        max(case when table_name = 'calendar' then source_file end) as calendar_file,
        max(case when table_name = 'products' then source_file end) as products_file
    from {{ ref('int_load_log__current') }}

)

select
    by_file.table_name,
    by_file.source_file,
    by_file.quarantine_reason as finding,
    by_file.records,
    files.raw_rows as of_records,
    {{ safe_divide('by_file.records', 'files.raw_rows') }} as record_share,
    by_file.days,
    by_file.products,
    by_file.first_date,
    by_file.last_date,
    lookup_files.calendar_file,
    lookup_files.products_file
from by_file
inner join {{ ref('ledger_files') }} as files
    on
        by_file.table_name = files.table_name
        and by_file.source_file = files.source_file
cross join lookup_files
where
    by_file.records_of_file > files.raw_rows * {{ threshold('guard_quarantined_share') }}
    and by_file.records_of_file > {{ threshold('guard_small_number') }}
