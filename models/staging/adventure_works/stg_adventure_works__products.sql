with

-- NA, 0 and an empty field mean the same, so they get one label. The label is not "None" or "NA", since many
-- CSV readers read those as NULL.
standardised as (

    select
        product_key,
        product_subcategory_key,
        coalesce(product_sku, 'Unknown') as product_sku,
        coalesce(product_name, 'Unknown') as product_name,
        coalesce(model_name, 'Unknown') as model_name,
        product_description,
        cast(
            case coalesce(product_color, 'NA')
                when 'NA' then 'Not applicable'
                else product_color
            end as varchar(64)
        ) as product_color,
        cast(
            case coalesce(product_size, '0')
                when '0' then 'Not applicable'
                else product_size
            end as varchar(64)
        ) as product_size,
        cast(
            case coalesce(product_style, '0')
                when '0' then 'Not applicable'
                when 'U' then 'Unisex'
                when 'W' then 'Women'
                when 'M' then 'Men'
                else product_style
            end as varchar(64)
        ) as product_style,
        product_price,
        product_cost,
        source_file,
        record_number
    from {{ source('adventure_works', 'products') }}

)

select * from standardised
