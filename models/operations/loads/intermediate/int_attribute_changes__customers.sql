with

{{ changed_attributes(
    'customer',
    sales='fact_orders',
    identity=['first_name', 'last_name', 'birth_date', 'email_address', 'gender'],
    names=['first_name', 'birth_date', 'email_address'],
    details=['marital_status', 'is_home_owner', 'total_children', 'education_level', 'occupation', 'annual_income']
) }}

select * from judged
