{% snapshot snap_customers %}

{{ config(check_cols=versioned_columns('customers') | list) }}

select * from {{ ref('int_customers__loaded') }}

{% endsnapshot %}
