{% macro quarantine_reasons(table_name) -%}
    {%- set is_unknown = 'versions.product_key is null' -%}
    {%- set is_unpriced =
        'not coalesce(versions.product_price >= 0 and versions.product_cost >= 0, ' ~ is_unknown ~ ')' -%}
    {%- set is_in_calendar = 'between calendar.first_date and calendar.last_date' -%}
    {{ return({
        'sales': {
            'conflicting_records': "repeated.verdict = 'conflict'",
            'impossible_quantity': 'coalesce(sales.order_quantity <= 0, true)',
            'date_outside_calendar': 'not coalesce(sales.order_date ' ~ is_in_calendar ~ ', false)',
            'stocked_after_order': 'sales.stock_date > sales.order_date',
            'unknown_product': is_unknown,
            'no_valid_price': is_unpriced,
        },
        'returns': {
            'impossible_quantity': 'coalesce(returns.return_quantity <= 0, true)',
            'date_outside_calendar': 'not coalesce(returns.return_date ' ~ is_in_calendar ~ ', false)',
            'unknown_product': is_unknown,
            'no_valid_price': is_unpriced,
        },
    }[table_name]) }}
{%- endmacro %}


{% macro quarantine_reason_columns(table_name) -%}
    {%- set reasons = quarantine_reasons(table_name) -%}
    cast(
            case
                {%- for reason, condition in reasons.items() %}
                when {{ condition }} then '{{ reason }}'
                {%- endfor %}
            end as varchar(64)
        ) as quarantine_reason,
        cast(
            nullif(trim(
                {%- for reason, condition in reasons.items() %}
                {{ '|| ' if not loop.first }}case when {{ condition }} then '{{ reason }} ' else '' end
                {%- endfor %}
            ), '') as varchar(256)
        ) as quarantine_reasons
{%- endmacro %}
