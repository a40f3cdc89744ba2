with

sales as (

    select *
    from {{ ref('stg_adventure_works__sales') }}
    {%- if as_of_date() %}
    where order_date <= cast('{{ as_of_date() }}' as date)
    {%- endif %}

)

select * from sales
