-- One row per campaign and method, the latest campaign first.
with
measured as (select * from measured_campaigns where subject = 'campaign'),
ranked as (
    select *, dense_rank() over (order by start_date desc nulls last, campaign_id) as place,
    from measured
),
final as (
    select ranked.*, max(place) over () as campaign_count,
    from ranked
    order by place, method
)
select * from final
