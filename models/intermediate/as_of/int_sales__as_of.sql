with

sales as (

    select *
    from {{ ref('stg_adventure_works__sales') }}
    {%- if var('as_of_date') %}
    where order_date <= cast('{{ var('as_of_date') }}' as date)
    {%- endif %}

)

select * from sales
