select 1 as customer_key, true as is_active, 'north' as "home region"
union all
select 2, true, 'north'
union all
select 3, false, 'south'
union all
select 4, true, null
