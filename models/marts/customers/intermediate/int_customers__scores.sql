{% set measures = {'recency': 'last_order_date', 'frequency': 'orders', 'monetary': 'lifetime_revenue'} %}

with

buyers as (

    select
        customer_key,
        last_order_date,
        orders,
        lifetime_revenue
    from {{ ref('int_customers__order_history') }}
    where customer_key <> -1

),

-- The percent rank of each value: the share of the other buyers below it. Ranked are the values, of which
-- there are fewer than buyers: a rank over all rows would be sorted by one slice of Redshift.
{% for score, measure in measures.items() %}
{{ score }}_ranks as (

    select
        {{ measure }},
        coalesce(
            cast(
                sum(count(*)) over (
                    order by {{ measure }}
                    rows between unbounded preceding and current row
                ) - count(*) as double precision
            ) / nullif(sum(count(*)) over () - 1, 0),
            0
        ) as value_rank
    from buyers
    group by {{ measure }}

),
{% endfor %}
scored as (

    select
        {% for score in measures -%}
        cast(
            case
                when {{ score }}_ranks.value_rank = 1 then 5
                else floor(5 * {{ score }}_ranks.value_rank) + 1
            end as integer
        ) as {{ score }}_score,
        {% endfor -%}
        buyers.customer_key
    from buyers
    {% for score, measure in measures.items() -%}
    inner join {{ score }}_ranks on buyers.{{ measure }} = {{ score }}_ranks.{{ measure }}
    {% endfor %}

)

select * from scored
