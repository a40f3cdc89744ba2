with

sales as (

    select
        order_number,
        order_line_number,
        order_date,
        stock_date,
        product_key,
        customer_key,
        territory_key,
        order_quantity,
        source_file,
        record_number
    from {{ ref('stg_adventure_works__sales') }}

)

select * from sales
{%- if var('as_of_date') %}
where order_date <= cast('{{ var('as_of_date') }}' as date)
{%- endif %}
