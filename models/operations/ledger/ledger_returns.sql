{% set measures = ['records', 'unpriced_records', 'units', 'returned_value'] %}

with

raw_money as (

    select
        source_file,
        record_number,
        units,
        is_priced,
        returned_value
    from {{ ref('int_returns__control_amounts') }}

),

quarantined as (

    select
        source_file,
        record_number
    from {{ ref('int_returns__quarantined') }}

),

-- A raw record counts as raw, and once more on the side that it went to.
entries as (

    select
        'raw' as side,
        source_file,
        units,
        is_priced,
        returned_value
    from raw_money
    union all
    select
        'quarantined' as side,
        quarantined.source_file,
        raw_money.units,
        raw_money.is_priced,
        raw_money.returned_value
    from quarantined
    left join raw_money
        on
            quarantined.source_file = raw_money.source_file
            and quarantined.record_number = raw_money.record_number
    union all
    select
        'fact' as side,
        source_file,
        return_quantity as units,
        true as is_priced,
        returned_value
    from {{ ref('fact_returns') }}

),

totals as (

    select
        side,
        source_file,
        count(*) as records,
        sum(case when is_priced then 0 else 1 end) as unpriced_records,
        coalesce(sum(units), 0) as units,
        coalesce(sum(returned_value), 0) as returned_value
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
        cast(quarantined_amount as numeric(18, 4)) as quarantined_amount,
        cast(fact_amount as numeric(18, 4)) as fact_amount,
        cast(
            raw_amount - quarantined_amount - fact_amount as numeric(18, 4)
        ) as unexplained_amount
    from sides

)

select * from balanced
