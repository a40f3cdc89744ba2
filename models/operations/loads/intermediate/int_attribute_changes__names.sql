{#- Names and parents of the small tables: the profiles keep each value with its key, such as `1: Bikes`. -#}
with

by_key as (

    select
        table_name,
        split_part(column_name, ': ', 2) as column_name,
        split_part(column_value, ': ', 1) as member_key,
        substring(column_value, length(split_part(column_value, ': ', 1)) + 3) as member_value,
        records,
        records_before,
        file_records
    from {{ ref('load_changes') }}
    where
        column_name like '%: %'
        and file_records_before > 0

),

renamed as (

    select
        current_values.table_name,
        current_values.column_name,
        current_values.member_key,
        earlier.member_value as value_before,
        current_values.member_value as value_now,
        current_values.file_records as members
    from by_key as current_values
    inner join by_key as earlier
        on
            current_values.table_name = earlier.table_name
            and current_values.column_name = earlier.column_name
            and current_values.member_key = earlier.member_key
            and current_values.records > 0
            and current_values.records_before = 0
            and earlier.records = 0

),

sales as (

    select
        product_key,
        territory_key,
        sum(revenue) as revenue
    from {{ ref('int_sales_days') }}
    group by
        product_key,
        territory_key

),

members_of_sales as (

    select
        sales.revenue,
        sales.territory_key as territories,
        products.product_subcategory_key as product_subcategories,
        products.product_category_key as product_categories
    from sales
    inner join {{ ref('dim_products') }} as products on sales.product_key = products.product_key

),

revenue_by_member as (
    {% for table_name in ('territories', 'product_subcategories', 'product_categories') %}
    select
        cast('{{ table_name }}' as varchar(64)) as table_name,
        cast({{ table_name }} as varchar(32)) as member_key,
        sum(revenue) as revenue
    from members_of_sales
    group by {{ table_name }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

all_revenue as (

    select sum(revenue) as revenue
    from sales

),

-- The name is one that another member had before, as where two have changed places.
names_before as (

    select
        table_name,
        column_name,
        member_value
    from by_key
    where
        records_before > 0
        and column_name not like '%_key'
    group by
        table_name,
        column_name,
        member_value

),

judged as (

    select
        renamed.table_name,
        cast(renamed.column_name as varchar(64)) as column_name,
        cast(renamed.member_key as integer) as member_key,
        cast(renamed.value_before as varchar(256)) as value_before,
        cast(renamed.value_now as varchar(256)) as value_now,
        renamed.members,
        cast(1 as bigint) as changed_members,
        cast(0 as bigint) as emptied_members,
        cast(coalesce(revenue_by_member.revenue, 0) as numeric(18, 4)) as revenue,
        (names_before.member_value is not null and renamed.column_name <> 'country')
        or coalesce(
            revenue_by_member.revenue > all_revenue.revenue * {{ threshold('drift_moved_revenue') }},
            false
        ) as is_large,
        true as is_unusual
    from renamed
    cross join all_revenue
    left join revenue_by_member
        on
            renamed.table_name = revenue_by_member.table_name
            and renamed.member_key = revenue_by_member.member_key
    left join names_before
        on
            renamed.table_name = names_before.table_name
            and renamed.column_name = names_before.column_name
            and renamed.value_now = names_before.member_value

)

select * from judged
