{% snapshot snap_products %}

{{ config(check_cols=versioned_columns('products') | list) }}

select * from {{ ref('int_products__loaded') }}

{% endsnapshot %}
