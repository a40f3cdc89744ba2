{%- set identity = [
    'product_subcategory_key', 'product_sku', 'product_name', 'model_name', 'product_color', 'product_size',
    'product_style',
] -%}
{%- set details = [] -%}
{%- set columns = identity + details -%}
with

{{ changed_members(
    'snap_products', 'products', 'product_key', columns + ['product_price', 'product_cost']
) }},

revenue_by_member as (

    select
        product_key,
        sum(revenue) as revenue
    from {{ ref('fact_sales') }}
    group by product_key

),

compared as (

    select
        changed.*,
        coalesce(revenue_by_member.revenue, 0) as revenue
    from changed
    left join revenue_by_member on changed.product_key = revenue_by_member.product_key

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
        min(case when {{ now }} <> {{ before }} then product_key end) as member_key,
        sum(case when {{ now }} <> {{ before }} then revenue else 0 end) as revenue
    from compared
    union all
    {%- endfor %}

    select
        '(another product)' as column_name,
        true as is_identity,
        count(*) as changed_members,
        0 as emptied_members,
        min(product_key) as member_key,
        sum(revenue) as revenue
    from compared
    where
        {{ textual('product_sku') }} <> {{ textual('product_sku_before') }}
        and {{ textual('product_name') }} <> {{ textual('product_name_before') }}

),

gone_with_sales as (

    select
        '(gone)' as column_name,
        true as is_identity,
        count(*) as changed_members,
        0 as emptied_members,
        min(gone.product_key) as member_key,
        sum(revenue_by_member.revenue) as revenue
    from gone
    inner join revenue_by_member on gone.product_key = revenue_by_member.product_key

),

counted as (

    select * from by_column
    union all
    select * from gone_with_sales

),

judged as (

    select
        cast('products' as varchar(64)) as table_name,
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

),

-- A price list changes prices, but hardly those of one category by half.
prices as (

    select
        products.product_category_key,
        max(products.category_name) as category_name,
        count(*) as products,
        count(changed.product_key) as changed_products,
        {%- for column in ('product_price', 'product_cost') %}
        sum(products.{{ column }}) as {{ column }},
        sum(
            case
                when changed.product_key is null then products.{{ column }}
                else changed.{{ column }}_before
            end
        ) as {{ column }}_before,
        {%- endfor %}
        sum(coalesce(revenue_by_member.revenue, 0)) as revenue
    from {{ ref('dim_products') }} as products
    left join changed on products.product_key = changed.product_key
    left join revenue_by_member on products.product_key = revenue_by_member.product_key
    where
        products.product_key <> -1
        and not products.is_deleted
    group by products.product_category_key

),

moved_prices as (
    {%- for column in ('product_price', 'product_cost') %}

    select
        cast('products' as varchar(64)) as table_name,
        cast('{{ column }}' as varchar(64)) as column_name,
        product_category_key as member_key,
        cast(
            category_name || ': ' || cast(cast({{ column }}_before as numeric(18, 2)) as varchar(32))
            as varchar(256)
        ) as value_before,
        cast(cast({{ column }} as numeric(18, 2)) as varchar(256)) as value_now,
        cast(products as bigint) as members,
        cast(changed_products as bigint) as changed_members,
        cast(0 as bigint) as emptied_members,
        cast(revenue as numeric(18, 4)) as revenue,
        true as is_large,
        true as is_unusual
    from prices
    where
        {{ column }} > {{ column }}_before * (1 + {{ threshold('drift_mean_moved') }})
        or {{ column }} * (1 + {{ threshold('drift_mean_moved') }}) < {{ column }}_before
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

final as (

    select * from judged
    union all
    select * from moved_prices

)

select * from final
