with

returns as (

    select *
    from {{ ref('stg_adventure_works__returns') }}
    {%- if var('as_of_date') %}
    where return_date <= cast('{{ var('as_of_date') }}' as date)
    {%- endif %}

)

select * from returns
