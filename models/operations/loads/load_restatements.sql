with

by_month as (

    select
        table_name,
        source_file,
        month_start_date,
        sum(lines_gone) as lines_gone,
        sum(lines_new) as lines_new,
        sum(amount_moved) as amount_moved,
        count(distinct fact_date) as days,
        min(fact_date) as first_date,
        max(fact_date) as last_date
    from {{ ref('int_restatements__lines') }}
    group by
        table_name,
        source_file,
        month_start_date

),

months_before as (

    select
        table_name,
        source_file,
        cast(date_trunc('month', fact_date) as date) as month_start_date,
        count(*) as lines_before,
        sum(amount) as amount_before
    from {{ ref('int_facts__before') }}
    where fact_date <= closed_until
    group by
        table_name,
        source_file,
        cast(date_trunc('month', fact_date) as date)

),

files_before as (

    select
        table_name,
        source_file,
        sum(lines_before) as lines_before
    from months_before
    group by
        table_name,
        source_file

),

judged as (

    select
        by_month.*,
        coalesce(months_before.amount_before, 0) as amount_before,
        coalesce(months_before.lines_before, 0) as lines_before,
        greatest(by_month.lines_gone, by_month.lines_new) as lines_changed,
        sum(greatest(by_month.lines_gone, by_month.lines_new)) over (
            partition by by_month.table_name, by_month.source_file
        ) as lines_changed_of_file,
        file_totals.lines_before as lines_before_of_file
    from by_month
    inner join files_before as file_totals
        on
            by_month.table_name = file_totals.table_name
            and by_month.source_file = file_totals.source_file
    left join months_before
        on
            by_month.table_name = months_before.table_name
            and by_month.source_file = months_before.source_file
            and by_month.month_start_date = months_before.month_start_date

),

final as (

    select
        cast(table_name as varchar(64)) as table_name,
        cast(source_file as varchar(256)) as source_file,
        month_start_date,
        cast(days as bigint) as days,
        first_date,
        last_date,
        cast(lines_changed as bigint) as records,
        cast(lines_before as bigint) as of_records,
        cast(lines_gone as bigint) as lines_gone,
        cast(lines_new as bigint) as lines_new,
        cast(amount_before as numeric(18, 4)) as amount_before,
        cast(amount_before + amount_moved as numeric(18, 4)) as amount,
        {{ exceeds('lines_changed_of_file', 'lines_before_of_file', 'drift_closed_lines') }}
        or coalesce(
            lines_changed > {{ threshold('guard_small_number') }}
            and abs(amount_moved) > amount_before * {{ threshold('drift_closed_month') }},
            false
        ) as stops_the_build
    from judged

)

select * from final
