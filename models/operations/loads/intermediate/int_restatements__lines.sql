with

facts_before as (

    select *
    from {{ ref('int_facts__before') }}

),

files_before as (

    select
        table_name,
        source_file,
        max(closed_until) as closed_until
    from facts_before
    group by
        table_name,
        source_file

),

tables_before as (

    select
        table_name,
        max(closed_until) as closed_until
    from files_before
    group by table_name

),

-- New files as well, since lines may have moved into them.
compared_files as (

    select
        affected.table_name,
        affected.source_file
    from {{ ref('int_files__affected') }} as affected
    inner join tables_before on affected.table_name = tables_before.table_name
    where affected.change in ('new', 'changed', 'shares order lines')

),

lines as (

    select
        -1 as side,
        table_name,
        source_file,
        fact_date,
        order_number,
        order_line_number,
        customer_key,
        product_key,
        territory_key,
        quantity,
        amount
    from facts_before
    union all
    select
        1 as side,
        files.table_name,
        sales.source_file,
        sales.order_date as fact_date,
        sales.order_number,
        sales.order_line_number,
        sales.customer_key,
        sales.product_key,
        sales.territory_key,
        sales.order_quantity as quantity,
        sales.revenue as amount
    from {{ ref('fact_sales') }} as sales
    inner join compared_files as files
        on
            sales.source_file = files.source_file
            and files.table_name = 'sales'
    union all
    select
        1 as side,
        files.table_name,
        returns.source_file,
        returns.return_date as fact_date,
        cast(null as varchar(64)) as order_number,
        cast(null as integer) as order_line_number,
        cast(null as integer) as customer_key,
        returns.product_key,
        returns.territory_key,
        returns.return_quantity as quantity,
        returns.returned_value as amount
    from {{ ref('fact_returns') }} as returns
    inner join compared_files as files
        on
            returns.source_file = files.source_file
            and files.table_name = 'returns'

),

-- Sums tell on which days anything differs; only the lines of these are compared.
differing_days as (

    select
        lines.table_name,
        lines.fact_date
    from lines
    inner join tables_before
        on
            lines.table_name = tables_before.table_name
            and lines.fact_date <= tables_before.closed_until
    group by
        lines.table_name,
        lines.fact_date
    having
        sum(lines.side) <> 0
        or sum(lines.side * lines.quantity) <> 0
        or sum(
            cast(lines.side * lines.quantity as bigint) * lines.product_key
            * (
                coalesce(lines.customer_key, 0)
                + lines.territory_key
                + coalesce(lines.order_line_number, 0)
                + 1
            )
        ) <> 0

),

differing_lines as (

    select
        lines.table_name,
        lines.fact_date,
        max(case when lines.side = -1 then lines.source_file end) as source_file_before,
        max(case when lines.side = 1 then lines.source_file end) as source_file_now,
        sum(lines.side) as net_lines,
        max(lines.amount) as amount
    from lines
    inner join differing_days
        on
            lines.table_name = differing_days.table_name
            and lines.fact_date = differing_days.fact_date
    group by
        lines.table_name,
        lines.fact_date,
        lines.order_number,
        lines.order_line_number,
        lines.customer_key,
        lines.product_key,
        lines.territory_key,
        lines.quantity
    having sum(lines.side) <> 0

),

-- A file that comes late brings days that are closed and new, and changes none that was there.
changes as (

    select
        differing.table_name,
        files_before.source_file,
        differing.fact_date,
        cast(date_trunc('month', differing.fact_date) as date) as month_start_date,
        cast(case when differing.net_lines < 0 then -differing.net_lines else 0 end as bigint) as lines_gone,
        cast(case when differing.net_lines > 0 then differing.net_lines else 0 end as bigint) as lines_new,
        cast(differing.net_lines * differing.amount as numeric(18, 4)) as amount_moved
    from differing_lines as differing
    inner join files_before
        on
            differing.table_name = files_before.table_name
            and files_before.source_file
            = case
                when differing.net_lines < 0 then differing.source_file_before else differing.source_file_now
            end

)

select * from changes
