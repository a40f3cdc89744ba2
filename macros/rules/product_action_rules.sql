{#- Judged by model, and its products follow. The first condition that is true decides; without action, there is none. -#}
{% macro product_action_rules() -%}
    {{ return([
        {'condition': "sales_status = 'never sold'", 'reason': 'Never sold.'},
        {'condition': "sales_status = 'ended'", 'reason': 'Ended: not sold for a long time.'},
        {'condition': "sales_status = 'new'", 'reason': 'On sale for too short a time to judge.'},
        {
            'condition': 'has_high_return_rate',
            'action': 'review returns',
            'reason': 'Its order lines are returned more often than those of the rest of its subcategory: find out why.',
        },
        {
            'condition': 'is_low_profit and last_12_profit <= 0',
            'action': 'phase out',
            'reason': 'Makes no profit.',
        },
        {
            'condition': 'is_low_profit and is_low_margin and is_declining',
            'action': 'phase out',
            'reason': 'Earns no more than the median product, at a margin below its subcategory, and its profit is declining.',
        },
        {
            'condition': 'last_12_profit <= 0',
            'action': 'review price',
            'reason': 'Makes no profit, but a product of it earns more than the median product.',
        },
        {
            'condition': 'is_low_margin',
            'action': 'review price',
            'reason': 'Its margin is below that of its subcategory: compare price and cost, and look at the break-even.',
        },
        {
            'condition': 'is_high_profit and not coalesce(is_declining, false)',
            'action': 'promote',
            'reason': 'In the half of its category that earns most, at about the margin of its subcategory or more.',
        },
        {
            'condition': 'is_high_profit',
            'action': 'keep',
            'reason': 'In the half of its category that earns most, but its profit is declining: find out why first.',
        },
        {
            'condition': 'true',
            'action': 'keep',
            'reason': 'In the half of its category that earns least, at about the margin of its subcategory or more.',
        },
    ]) }}
{%- endmacro %}
