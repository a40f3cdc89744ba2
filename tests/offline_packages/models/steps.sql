-- Each example is a run of numbers and of days, tested apart with `where`.
select 'whole' as example, 'a' as part, 1 as number, cast('2016-02-28' as date) as day
union all
select 'whole', 'a', 2, cast('2016-02-29' as date)
union all
select 'whole', 'a', 3, cast('2016-03-01' as date)
union all
select 'holes', 'a', 1, cast('2016-01-01' as date)
union all
select 'holes', 'a', 3, cast('2016-02-01' as date)
union all
select 'holes', 'a', 4, cast('2016-02-02' as date)
union all
select 'holes', 'a', 6, cast('2016-03-01' as date)
union all
select 'repeated', 'a', 1, cast('2016-01-01' as date)
union all
select 'repeated', 'a', 1, cast('2016-01-01' as date)
union all
select 'repeated', 'a', 2, cast('2016-01-02' as date)
union all
select 'two parts', 'a', 1, cast('2016-01-01' as date)
union all
select 'two parts', 'a', 2, cast('2016-01-02' as date)
union all
select 'two parts', 'b', 7, cast('2016-05-01' as date)
union all
select 'two parts', 'b', 8, cast('2016-05-02' as date)
union all
select 'with null', 'a', 1, cast('2016-01-01' as date)
union all
select 'with null', 'a', null, null
union all
select 'with null', 'a', 2, cast('2016-01-02' as date)
union all
select 'months', 'a', 0, cast('2016-01-31' as date)
union all
select 'months', 'a', 2, cast('2016-02-29' as date)
union all
select 'months', 'a', 4, cast('2016-03-29' as date)
