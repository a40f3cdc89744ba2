with

returns as (

    select returns.*
    from {{ ref('fact_returns') }} as returns
    inner join {{ ref('int_as_of_date') }} as as_of on returns.return_date <= as_of.as_of_date

)

select * from returns
