-- One row per day and shop; some shops never count anything.
select 'full' as shop, 1 as day, 5 as visitors
union all
select 'full', 2, 6
union all
select 'partly', 1, null
union all
select 'partly', 2, 3
union all
select 'never', 1, null
union all
select 'never', 2, null
