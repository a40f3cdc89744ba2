-- Each example is a handful of ranges, tested apart with `where`. The ranges that are the same are not the last ones of their example:
-- how many of those the package on the hub counts depends on how the engine sorts equals.
select 'chain' as example, 1 as customer, 0 as starts, 1 as ends
union all
select 'chain', 1, 1, 2
union all
select 'chain', 1, 2, 3
union all
select 'gaps', 1, 0, 1
union all
select 'gaps', 1, 2, 3
union all
select 'gaps', 1, 4, 5
union all
select 'overlap', 1, 0, 3
union all
select 'overlap', 1, 2, 5
union all
select 'overlap', 1, 4, 6
union all
select 'two customers', 1, 0, 3
union all
select 'two customers', 2, 1, 4
union all
select 'two customers', 2, 3, 5
union all
select 'zero length', 1, 0, 1
union all
select 'zero length', 1, 1, 1
union all
select 'zero length', 1, 1, 2
union all
select 'twice', 1, 0, 1
union all
select 'twice', 1, 0, 1
union all
select 'twice', 1, 2, 3
union all
select 'backwards', 1, 5, 4
union all
select 'no end', 1, 0, 1
union all
select 'no end', 1, 1, null
union all
select 'no end', 1, 3, 4
union all
select 'no last end', 1, 0, 1
union all
select 'no last end', 1, 1, null
union all
select 'no start', 1, 0, 1
union all
select 'no start', 1, null, 4
