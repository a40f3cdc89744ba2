{% macro version_history(snapshot, columns) -%}
{%- set key = columns | first -%}
with

current_lake as (

    select max(lake_id) as lake_id
    from {{ ref('int_load_log__current') }}

),

states as (

    select
        {%- for column in columns %}
        states.{{ column }},
        {%- endfor %}
        states.load_id,
        cast(states.dbt_valid_from as date) as state_from,
        states.dbt_valid_to as state_to,
        states.dbt_is_deleted = 'True' as is_deleted,
        states.dbt_is_deleted <> 'True' and corrected.load_id is not null as is_correction
    from {{ ref(snapshot) }} as states
    inner join current_lake on states.lake_id = current_lake.lake_id
    left join {{ ref('int_load_log__corrected') }} as corrected
        on
            states.load_id = corrected.load_id
            and corrected.table_name = '{{ snapshot | replace('snap_', '') }}'

),

changed_keys as (

    select {{ key }}
    from states
    where state_to is not null
    group by {{ key }}

),

-- Most keys never change and have one version; only the others need window functions.
unchanged as (

    select
        states.*,
        1 as version_number,
        cast('1900-01-01' as date) as valid_from,
        cast('9999-12-31' as date) as valid_to,
        true as is_current
    from states
    left join changed_keys on states.{{ key }} = changed_keys.{{ key }}
    where changed_keys.{{ key }} is null

),

-- The snapshot gives a deletion the load_id of the state that it ends.
numbered as (

    select
        states.*,
        row_number() over (
            partition by states.{{ key }}
            order by states.load_id, states.is_deleted
        ) as state_number
    from states
    inner join changed_keys on states.{{ key }} = changed_keys.{{ key }}

),

-- A state and its corrections count as one: the corrections are valid from its first day on.
corrected_together as (

    select
        numbered.*,
        sum(case when is_correction and state_number > 1 then 0 else 1 end) over (
            partition by {{ key }}
            order by state_number
            rows between unbounded preceding and current row
        ) as correction_group
    from numbered

),

-- The first state is also valid for sales before the first load.
dated as (

    select
        corrected_together.*,
        case
            when correction_group = 1 then cast('1900-01-01' as date)
            else min(state_from) over (partition by {{ key }}, correction_group)
        end as valid_from
    from corrected_together

),

followed as (

    select
        dated.*,
        lead(valid_from) over (partition by {{ key }} order by state_number) as next_valid_from
    from dated
    {%- if adventure_works.as_of_date() %}
    where valid_from <= cast('{{ adventure_works.as_of_date() }}' as date)
    {%- endif %}

),

-- Of several states on one day only the last counts.
changed as (

    select
        followed.*,
        cast(
            row_number() over (partition by {{ key }} order by state_number) as integer
        ) as version_number,
        coalesce(next_valid_from, cast('9999-12-31' as date)) as valid_to,
        next_valid_from is null as is_current
    from followed
    where
        next_valid_from is null
        or next_valid_from > valid_from

)
{% for versions in ('unchanged', 'changed') %}
select
    {%- for column in columns %}
    {{ column }},
    {%- endfor %}
    is_deleted,
    version_number,
    valid_from,
    valid_to,
    is_current
from {{ versions }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- endmacro %}
