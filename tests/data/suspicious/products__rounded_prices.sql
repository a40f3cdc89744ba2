-- Most prices or most costs are whole dollars: cents were probably rounded away upstream.
with

products as (

    select
        count(*) as products,
        sum(case when product_price = floor(product_price) then 1 else 0 end) as whole_prices,
        sum(case when product_cost = floor(product_cost) then 1 else 0 end) as whole_costs
    from {{ ref('dim_products') }}
    where product_key <> -1

)

select
    products,
    whole_prices,
    whole_costs
from products
where
    whole_prices * 2 > products
    or whole_costs * 2 > products
