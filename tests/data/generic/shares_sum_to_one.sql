{#- The shares of all rows sum to exactly 1. If every share is NULL, the test passes; an empty table fails. -#}
{% test shares_sum_to_one(model, share_column) %}

with

totals as (

    select
        count(*) as shared_rows,
        count({{ share_column }}) as rows_with_share,
        sum({{ share_column }}) as total_share
    from {{ model }}

)

select
    shared_rows,
    rows_with_share,
    total_share
from totals
where
    shared_rows = 0
    or (rows_with_share > 0 and (rows_with_share < shared_rows or total_share <> 1))

{% endtest %}
