{% set as_of_date = var('as_of_date') %}

with

recorded as (

    select
        product_key,
        product_subcategory_key,
        product_sku,
        product_name,
        model_name,
        product_description,
        product_color,
        product_size,
        product_style,
        product_price,
        product_cost,
        lake_id,
        load_id,
        dbt_valid_from as holds_from,
        dbt_is_deleted = 'True' as is_deleted
    from {{ ref('snap_products') }}

),

present_lake as (

    select max(lake_id) as lake_id
    from {{ ref('int_load_log__current') }}

),

-- A deletion carries the load of the state that it ends.
numbered as (

    select
        recorded.product_key,
        recorded.product_subcategory_key,
        recorded.product_sku,
        recorded.product_name,
        recorded.model_name,
        recorded.product_description,
        recorded.product_color,
        recorded.product_size,
        recorded.product_style,
        recorded.product_price,
        recorded.product_cost,
        recorded.is_deleted,
        recorded.holds_from,
        row_number() over (
            partition by recorded.product_key
            order by recorded.load_id, recorded.is_deleted
        ) as state_number
    from recorded
    inner join present_lake on recorded.lake_id = present_lake.lake_id

),

-- The first state reaches back to all sales that were there before the first load.
dated as (

    select
        product_key,
        product_subcategory_key,
        product_sku,
        product_name,
        model_name,
        product_description,
        product_color,
        product_size,
        product_style,
        product_price,
        product_cost,
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
        product_key,
        product_subcategory_key,
        product_sku,
        product_name,
        model_name,
        product_description,
        product_color,
        product_size,
        product_style,
        product_price,
        product_cost,
        is_deleted,
        state_number,
        valid_from,
        lead(valid_from) over (partition by product_key order by state_number) as next_valid_from
    from dated
    {%- if as_of_date %}
    where valid_from <= cast('{{ as_of_date }}' as date)
    {%- endif %}

),

-- A state that another followed on the same day held on none: the later load corrected it.
versions as (

    select
        product_key,
        product_subcategory_key,
        product_sku,
        product_name,
        model_name,
        product_description,
        product_color,
        product_size,
        product_style,
        product_price,
        product_cost,
        is_deleted,
        cast(
            row_number() over (partition by product_key order by state_number) as integer
        ) as version_number,
        valid_from,
        coalesce(next_valid_from, cast('9999-12-31' as date)) as valid_to,
        next_valid_from is null as is_current
    from followed
    where
        next_valid_from is null
        or next_valid_from > valid_from

)

select * from versions
