-- One row per channel and method.
with
measured as (select * from measured_campaigns where subject = 'channel'),
final as (
    select *,
    from measured
    order by channel, method
)
select * from final
