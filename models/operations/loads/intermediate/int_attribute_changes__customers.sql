{%- set identity = ['first_name', 'last_name', 'birth_date', 'email_address', 'gender'] -%}
{%- set details = [
    'marital_status', 'is_home_owner', 'total_children', 'education_level', 'occupation', 'annual_income',
] -%}
{%- set columns = identity + details -%}
with

{{ changed_members('snap_customers', 'customers', 'customer_key', columns) }},

revenue_by_member as (

    select
        customer_key,
        sum(revenue) as revenue
    from {{ ref('fact_orders') }}
    group by customer_key

),

compared as (

    select
        changed.*,
        coalesce(revenue_by_member.revenue, 0) as revenue
    from changed
    left join revenue_by_member on changed.customer_key = revenue_by_member.customer_key

),

-- Text that is missing is Unknown in staging.
by_column as (
    {%- for column in columns %}
    {%- set now, before = textual(column), textual(column ~ '_before') %}

    select
        '{{ column }}' as column_name,
        {{ 'true' if column in identity else 'false' }} as is_identity,
        sum(case when {{ now }} <> {{ before }} then 1 else 0 end) as changed_members,
        sum(case when {{ now }} = 'Unknown' and {{ before }} <> 'Unknown' then 1 else 0 end)
            as emptied_members,
        min(case when {{ now }} <> {{ before }} then customer_key end) as member_key,
        sum(case when {{ now }} <> {{ before }} then revenue else 0 end) as revenue
    from compared
    union all
    {%- endfor %}

    select
        '(another customer)' as column_name,
        true as is_identity,
        count(*) as changed_members,
        0 as emptied_members,
        min(customer_key) as member_key,
        sum(revenue) as revenue
    from compared
    where
        {{ textual('first_name') }} <> {{ textual('first_name_before') }}
        and {{ textual('birth_date') }} <> {{ textual('birth_date_before') }}
        and {{ textual('email_address') }} <> {{ textual('email_address_before') }}

),

gone_with_sales as (

    select
        '(gone)' as column_name,
        true as is_identity,
        count(*) as changed_members,
        0 as emptied_members,
        min(gone.customer_key) as member_key,
        sum(revenue_by_member.revenue) as revenue
    from gone
    inner join revenue_by_member on gone.customer_key = revenue_by_member.customer_key

),

counted as (

    select * from by_column
    union all
    select * from gone_with_sales

),

judged as (

    select
        cast('customers' as varchar(64)) as table_name,
        cast(counted.column_name as varchar(64)) as column_name,
        counted.member_key,
        cast(null as varchar(256)) as value_before,
        cast(null as varchar(256)) as value_now,
        cast(totals.stayed + totals.gone as bigint) as members,
        cast(counted.changed_members as bigint) as changed_members,
        cast(counted.emptied_members as bigint) as emptied_members,
        cast(coalesce(counted.revenue, 0) as numeric(18, 4)) as revenue,
        case
            when counted.column_name = '(gone)'
                then {{ exceeds('counted.changed_members', 'totals.stayed', 'drift_members_gone') }}
            when counted.is_identity
                then {{ exceeds('counted.changed_members', 'totals.stayed', 'drift_identity_changed') }}
            else {{ exceeds('counted.changed_members', 'totals.stayed', 'drift_details_changed') }}
        end
        or {{ exceeds('counted.emptied_members', 'totals.stayed', 'drift_identity_changed') }} as is_large,
        counted.column_name like '(%'
        or (
            counted.is_identity
            and {{ exceeds('counted.changed_members', 'totals.stayed', 'usual_identity_changed') }}
        )
        or {{ exceeds('counted.emptied_members', 'totals.stayed', 'usual_identity_changed') }} as is_unusual
    from counted
    cross join totals
    where counted.changed_members > 0

)

select * from judged
