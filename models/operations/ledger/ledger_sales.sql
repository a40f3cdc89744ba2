{% set measures = ['records', 'unpriced_records', 'units', 'revenue', 'cost'] %}

with

raw_money as (

    select
        source_file,
        record_number,
        units,
        is_priced,
        revenue,
        cost
    from {{ ref('int_sales__control_amounts') }}

),

duplicates as (

    select
        source_file,
        record_number
    from {{ ref('int_sales__repeated') }}
    where verdict = 'duplicate'

),

quarantined as (

    select
        source_file,
        record_number
    from {{ ref('int_sales__quarantined') }}

),

-- A raw record counts as raw, and once more on the side that it went to.
entries as (

    select
        'raw' as side,
        source_file,
        units,
        is_priced,
        revenue,
        cost
    from raw_money
    {%- for side, records in [('duplicate', 'duplicates'), ('quarantined', 'quarantined')] %}
    union all
    select
        '{{ side }}' as side,
        {{ records }}.source_file,
        raw_money.units,
        raw_money.is_priced,
        raw_money.revenue,
        raw_money.cost
    from {{ records }}
    left join raw_money
        on
            {{ records }}.source_file = raw_money.source_file
            and {{ records }}.record_number = raw_money.record_number
    {%- endfor %}
    union all
    select
        'fact' as side,
        source_file,
        order_quantity as units,
        true as is_priced,
        revenue,
        cost
    from {{ ref('fact_sales') }}

),

totals as (

    select
        side,
        source_file,
        count(*) as records,
        sum(case when is_priced then 0 else 1 end) as unpriced_records,
        coalesce(sum(units), 0) as units,
        coalesce(sum(revenue), 0) as revenue,
        coalesce(sum(cost), 0) as cost
    from entries
    group by
        side,
        source_file

),

amounts as (
    {% for measure in measures %}
    select
        source_file,
        side,
        '{{ measure }}' as measure,
        cast({{ measure }} as numeric(18, 4)) as amount
    from totals
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

sides as (

    select
        source_file,
        cast(measure as varchar(64)) as measure,
        sum(case when side = 'raw' then amount else 0 end) as raw_amount,
        sum(case when side = 'duplicate' then amount else 0 end) as duplicate_amount,
        sum(case when side = 'quarantined' then amount else 0 end) as quarantined_amount,
        sum(case when side = 'fact' then amount else 0 end) as fact_amount
    from amounts
    group by
        source_file,
        measure

),

balanced as (

    select
        source_file,
        measure,
        cast(raw_amount as numeric(18, 4)) as raw_amount,
        cast(duplicate_amount as numeric(18, 4)) as duplicate_amount,
        cast(quarantined_amount as numeric(18, 4)) as quarantined_amount,
        cast(fact_amount as numeric(18, 4)) as fact_amount,
        cast(
            raw_amount - duplicate_amount - quarantined_amount - fact_amount as numeric(18, 4)
        ) as unexplained_amount
    from sides

)

select * from balanced
