{#- Each takes the first row of a mart by an order of its own: term, mart, label and value of the row. -#}
{% set examples = [
    ('Average order value', 'mart_monthly_performance', "'month of ' || month_start_date", 'average_order_value',
        'is_complete_month', 'month_start_date desc'),
    ('Net revenue', 'mart_monthly_performance', "'month of ' || month_start_date", 'net_revenue',
        'is_complete_month', 'month_start_date desc'),
    ('Net profit if worthless', 'mart_monthly_performance', "'month of ' || month_start_date",
        'net_profit_if_worthless', 'is_complete_month', 'month_start_date desc'),
    ('Like for like', 'mart_monthly_performance', "'month of ' || month_start_date", 'like_for_like_change',
        'is_complete_month', 'month_start_date desc'),
    ('Coverage', 'mart_monthly_performance', "'month of ' || month_start_date", 'like_for_like_coverage',
        'is_complete_month', 'month_start_date desc'),
    ('Profit margin', 'mart_model_profitability', 'model_name', 'last_12_profit_margin', 'true',
        'last_12_profit desc, product_model_key'),
    ('Break-even of a price rise', 'mart_model_profitability', "model_name || ', price 5 % higher'",
        'break_even_units_lost_at_5_percent', 'true', 'last_12_profit desc, product_model_key'),
    ('Expected profit', 'mart_customer_value_backtest', "value_group || ', per customer in 180 days'",
        'expected_profit_per_customer', "horizon_days = 180 and is_latest and value_group <> 'all'",
        'expected_profit_per_customer desc, value_group'),
    ('Back-test', 'mart_customer_value_backtest', "value_group || ', per customer in 180 days'",
        'profit_per_customer', "horizon_days = 180 and is_latest and value_group <> 'all'",
        'expected_profit_per_customer desc, value_group'),
    ('Customer lifetime value', 'mart_customer_value', "'the highest'", 'customer_lifetime_value_180_days',
        'customer_lifetime_value_180_days is not null', 'customer_lifetime_value_180_days desc, customer_key'),
    ('Cumulative return rate', 'mart_customer_cohorts', "'first order ' || cohort_month || ', within 12 months'",
        'cumulative_return_rate', 'months_since_first_order = 11 and cumulative_return_rate is not null',
        'cohort_month desc'),
    ('Standardised', 'mart_customer_demographics', 'segment_value',
        'standardised_revenue_per_customer', "segment_type = 'income_bracket' and segment_value <> 'Unknown'",
        'segment_order desc'),
    ('Profit index', 'mart_profitability_matrix', "product_group_name || ', ' || segment_value", 'profit_index',
        "period = 'current_range' and product_level = 'category' and segment_type = 'age_group' and profit > 0",
        'profit_index desc, product_group_key, segment_order'),
    ('Expected customers', 'mart_profitability_matrix',
        "product_group_name || ', ' || segment_value", 'expected_customers',
        "period = 'current_range' and product_level = 'category' and segment_type = 'age_group' and profit > 0",
        'profit_index desc, product_group_key, segment_order'),
    ('Lift', 'mart_cross_sell', "product_group_a_name || ' and ' || product_group_b_name", 'lift',
        "product_level = 'subcategory' and segment_type = 'all'",
        'lift desc, product_group_a_key, product_group_b_key'),
    ('Support', 'mart_cross_sell', "product_group_a_name || ' and ' || product_group_b_name", 'support',
        "product_level = 'subcategory' and segment_type = 'all'",
        'lift desc, product_group_a_key, product_group_b_key'),
    ('Recommended share', 'mart_budget_allocation', "region || ', ' || category_name || ', ' || value_group",
        'recommended_share', 'recommended_share is not null',
        'recommended_share desc, territory_key, product_category_key, value_group'),
    ('Forecast', 'mart_monthly_forecast', "measure || ' of ' || month_start_date", 'forecast', "measure = 'profit'",
        'month_start_date'),
] -%}

with

{% for term, mart, label, value, condition, order in examples -%}
example_{{ loop.index }} as (

    select
        {{ loop.index }} as example_number,
        cast('{{ term }}' as varchar(64)) as term,
        cast({{ label }} as varchar(256)) as example,
        cast({{ value }} as numeric(18, 4)) as example_value
    from {{ ref(mart) }}
    where {{ condition }}
    order by {{ order }}
    limit 1

),

{% endfor -%}
all_examples as (
    {% for _ in examples %}
    select * from example_{{ loop.index }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    term,
    example,
    example_value
from all_examples
order by example_number
