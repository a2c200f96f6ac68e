-- One row per RFM segment, the largest in net sales first.
with
members as (select * from marts.members),
segments as (
    select
        coalesce(rfm_segment, 'none') as rfm_segment,
        count(*)::bigint as member_count,
        coalesce(sum(net_sales_amount), 0) as net_sales_amount,
        (sum(recency_days) / nullif(count(recency_days), 0))::decimal(9, 1) as mean_recency_days,
    from members
    group by 1
),
final as (
    select
        *,
        (member_count / nullif(sum(member_count) over (), 0))::decimal(9, 4) as member_rate,
        (net_sales_amount / nullif(sum(net_sales_amount) over (), 0))::decimal(9, 4) as net_sales_rate,
    from segments
    order by net_sales_amount desc, rfm_segment
)
select * from final
