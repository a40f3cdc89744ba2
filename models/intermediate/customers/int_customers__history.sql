{% set as_of_date = var('as_of_date') %}

with

present_lake as (

    select max(lake_id) as lake_id
    from {{ ref('int_load_log__current') }}

),

recorded as (

    select
        states.customer_key,
        states.prefix,
        states.first_name,
        states.last_name,
        states.full_name,
        states.email_address,
        states.birth_date,
        states.gender,
        states.marital_status,
        states.is_home_owner,
        states.total_children,
        states.education_level,
        states.occupation,
        states.annual_income,
        states.load_id,
        states.dbt_valid_from as holds_from,
        states.dbt_valid_to as held_until,
        states.dbt_is_deleted = 'True' as is_deleted
    from {{ ref('snap_customers') }} as states
    inner join present_lake on states.lake_id = present_lake.lake_id

),

changed_keys as (

    select distinct customer_key
    from recorded
    where held_until is not null

),

-- Most customers never change: their one state is the one version, which spares them the windows below.
unchanged as (

    select
        recorded.customer_key,
        recorded.prefix,
        recorded.first_name,
        recorded.last_name,
        recorded.full_name,
        recorded.email_address,
        recorded.birth_date,
        recorded.gender,
        recorded.marital_status,
        recorded.is_home_owner,
        recorded.total_children,
        recorded.education_level,
        recorded.occupation,
        recorded.annual_income,
        recorded.is_deleted,
        1 as version_number,
        cast('1900-01-01' as date) as valid_from,
        cast('9999-12-31' as date) as valid_to,
        true as is_current
    from recorded
    left join changed_keys on recorded.customer_key = changed_keys.customer_key
    where changed_keys.customer_key is null

),

-- A deletion carries the load of the state that it ends.
numbered as (

    select
        recorded.customer_key,
        recorded.prefix,
        recorded.first_name,
        recorded.last_name,
        recorded.full_name,
        recorded.email_address,
        recorded.birth_date,
        recorded.gender,
        recorded.marital_status,
        recorded.is_home_owner,
        recorded.total_children,
        recorded.education_level,
        recorded.occupation,
        recorded.annual_income,
        recorded.is_deleted,
        recorded.holds_from,
        row_number() over (
            partition by recorded.customer_key
            order by recorded.load_id, recorded.is_deleted
        ) as state_number
    from recorded
    inner join changed_keys on recorded.customer_key = changed_keys.customer_key

),

-- The first state reaches back to all sales that were there before the first load.
dated as (

    select
        customer_key,
        prefix,
        first_name,
        last_name,
        full_name,
        email_address,
        birth_date,
        gender,
        marital_status,
        is_home_owner,
        total_children,
        education_level,
        occupation,
        annual_income,
        is_deleted,
        state_number,
        case
            when state_number = 1 then cast('1900-01-01' as date)
            else cast(holds_from as date)
        end as valid_from
    from numbered

),

followed as (

    select
        customer_key,
        prefix,
        first_name,
        last_name,
        full_name,
        email_address,
        birth_date,
        gender,
        marital_status,
        is_home_owner,
        total_children,
        education_level,
        occupation,
        annual_income,
        is_deleted,
        state_number,
        valid_from,
        lead(valid_from) over (partition by customer_key order by state_number) as next_valid_from
    from dated
    {%- if as_of_date %}
    where valid_from <= cast('{{ as_of_date }}' as date)
    {%- endif %}

),

-- A state that another followed on the same day held on none: the later load corrected it.
versions as (

    select
        customer_key,
        prefix,
        first_name,
        last_name,
        full_name,
        email_address,
        birth_date,
        gender,
        marital_status,
        is_home_owner,
        total_children,
        education_level,
        occupation,
        annual_income,
        is_deleted,
        cast(
            row_number() over (partition by customer_key order by state_number) as integer
        ) as version_number,
        valid_from,
        coalesce(next_valid_from, cast('9999-12-31' as date)) as valid_to,
        next_valid_from is null as is_current
    from followed
    where
        next_valid_from is null
        or next_valid_from > valid_from

)

select * from unchanged
union all
select * from versions
