{{ version_history('snap_customers', [
    'customer_key', 'prefix', 'first_name', 'last_name', 'full_name', 'email_address', 'birth_date', 'gender',
    'marital_status', 'is_home_owner', 'total_children', 'education_level', 'occupation', 'annual_income',
]) }}
