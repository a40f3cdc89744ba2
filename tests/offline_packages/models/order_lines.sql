select 1 as line_key, 'SO1' as order_number, 1 as line_number, 1 as quantity, 5 as stock, 10.0 as price, 4.0 as cost
union all
select 2, 'SO1', 2, 2, 2, 10.0, 10.0
union all
select 3, 'SO2', 1, 3, 1, 5.0, 7.0
union all
select 4, 'SO2', 1, 0, 4, null, 3.0
union all
select 5, null, 1, -1, 4, 2.0, null
union all
select 6, null, 1, null, 4, 2.0, 1.0
