with

returns as (

    select
        return_date,
        territory_key,
        product_key,
        return_quantity,
        source_file,
        record_number
    from {{ ref('stg_adventure_works__returns') }}

)

select * from returns
{%- if var('as_of_date') %}
where return_date <= cast('{{ var('as_of_date') }}' as date)
{%- endif %}
