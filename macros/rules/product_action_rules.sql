{% macro product_action_rules() -%}
    {{ return([
        ('units = 0 and is_category_sold', 'phase out', 'Never sold, though other products of its category are.'),
        ('units = 0', 'review', 'Never sold, like its whole category: find out whether it is meant for sale at all.'),
        ('last_12_units = 0', 'phase out', 'Sold before, but not once in the last 12 months.'),
        ('is_new', 'keep', 'On sale for too short a time to judge.'),
        ('has_high_return_rate', 'review', 'Many units come back: find out why before selling more.'),
        ('is_high_volume and is_high_margin', 'keep', 'Sells well at a high margin.'),
        (
            'is_high_volume', 'reprice',
            'Sells well, but at a low margin: a higher price or a lower cost pays most here.',
        ),
        ('is_high_margin', 'promote', 'Earns a high margin, but sells little for its category.'),
        ('is_declining', 'phase out', 'Sells little for its category at a low margin, and its profit is declining.'),
        ('true', 'review', 'Sells little for its category at a low margin.'),
    ]) }}
{%- endmacro %}
