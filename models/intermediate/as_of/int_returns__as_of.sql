with

returns as (

    select *
    from {{ ref('stg_adventure_works__returns') }}
    {%- if as_of_date() %}
    where return_date <= cast('{{ as_of_date() }}' as date)
    {%- endif %}

)

select * from returns
