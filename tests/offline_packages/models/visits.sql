-- To compare the number of rows of `sparse` with: one more for "partly", one less for "never", and a shop of its own.
select 'full' as shop
union all
select 'full'
union all
select 'partly'
union all
select 'partly'
union all
select 'partly'
union all
select 'never'
union all
select 'elsewhere'
