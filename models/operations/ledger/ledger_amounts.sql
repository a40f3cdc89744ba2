{% set ledgers = {
    'sales': {'units': 'order_quantity', 'money': ['revenue', 'cost']},
    'returns': {'units': 'return_quantity', 'money': ['returned_value']},
} %}
{% set money = ['revenue', 'cost', 'returned_value'] %}

with

as_of as (

    select as_of_date
    from {{ ref('int_as_of_date') }}

),

raw_records as (
    {% for table_name, ledger in ledgers.items() %}
    select
        cast('{{ table_name }}' as varchar(64)) as table_name,
        source_file,
        record_number,
        units,
        {%- for column in money %}
        {{ column if column in ledger.money else 'cast(0 as numeric(18, 4))' }} as {{ column }},
        {%- endfor %}
        is_priced
    from {{ ref('int_' ~ table_name ~ '__control_amounts') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

excluded_records as (

    select
        cast('duplicate' as varchar(64)) as side,
        cast('sales' as varchar(64)) as table_name,
        source_file,
        record_number
    from {{ ref('int_sales__repeated') }}
    where verdict = 'duplicate'
    {%- for table_name in ledgers %}
    union all
    select
        cast('quarantined' as varchar(64)) as side,
        cast('{{ table_name }}' as varchar(64)) as table_name,
        source_file,
        record_number
    from {{ ref('int_' ~ table_name ~ '__quarantined') }}
    {%- endfor %}

),

-- Each raw record counts as raw, and once more as duplicate, quarantined or fact.
entries as (

    select
        cast('raw' as varchar(64)) as side,
        raw_records.*
    from raw_records
    union all
    select
        excluded_records.*,
        raw_records.units,
        raw_records.revenue,
        raw_records.cost,
        raw_records.returned_value,
        raw_records.is_priced
    from excluded_records
    left join raw_records
        on
            excluded_records.table_name = raw_records.table_name
            and excluded_records.source_file = raw_records.source_file
            and excluded_records.record_number = raw_records.record_number
    {%- for table_name, ledger in ledgers.items() %}
    union all
    select
        cast('fact' as varchar(64)) as side,
        cast('{{ table_name }}' as varchar(64)) as table_name,
        source_file,
        record_number,
        {{ ledger.units }} as units,
        {%- for column in money %}
        {{ column if column in ledger.money else '0' }} as {{ column }},
        {%- endfor %}
        true as is_priced
    from {{ ref('fact_' ~ table_name) }}
    {%- endfor %}
    union all
    select
        cast('after_as_of' as varchar(64)) as side,
        cast('returns' as varchar(64)) as table_name,
        returns.source_file,
        returns.record_number,
        returns.return_quantity as units,
        0 as revenue,
        0 as cost,
        returns.returned_value,
        true as is_priced
    from {{ ref('fact_returns') }} as returns
    inner join as_of on returns.return_date > as_of.as_of_date

),

totals as (

    select
        side,
        table_name,
        source_file,
        {%- for column in ['units'] + money %}
        coalesce(sum({{ column }}), 0) as {{ column }},
        {%- endfor %}
        sum(case when is_priced then 0 else 1 end) as unpriced_records,
        count(*) as records
    from entries
    group by
        side,
        table_name,
        source_file

),

amounts as (
    {% for table_name, ledger in ledgers.items() %}
    {%- for measure in ['records', 'unpriced_records', 'units'] + ledger.money %}
    select
        totals.*,
        cast('{{ measure }}' as varchar(64)) as measure,
        cast(totals.{{ measure }} as numeric(18, 4)) as amount
    from totals
    where totals.table_name = '{{ table_name }}'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

balanced as (

    select
        cast(table_name as varchar(64)) as table_name,
        source_file,
        cast(measure as varchar(64)) as measure,
        {%- for side in ('raw', 'duplicate', 'quarantined', 'fact', 'after_as_of') %}
        cast(sum(case when side = '{{ side }}' then amount else 0 end) as numeric(18, 4))
            as {{ side }}_amount,
        {%- endfor %}
        cast(
            sum(case when side = 'raw' then amount when side <> 'after_as_of' then -amount else 0 end)
            as numeric(18, 4)
        ) as unexplained_amount
    from amounts
    group by
        table_name,
        source_file,
        measure

)

select * from balanced
