-- One row: what was published, when, and how large the chain is.
with
publication as (select * from ops.publication),
stores as (select * from marts.stores),
periods as (select * from periods),
zones as (
    select
        count(*)::bigint as store_count,
        count(distinct currency)::bigint as currency_count,
        case when count(distinct time_zone) = 1 then min(time_zone) end as time_zone,
        min(currency) as store_currency,
    from stores
),
final as (
    select
        publication.version,
        coalesce(publication.currency, zones.store_currency) as currency,
        timezone(coalesce(zones.time_zone, 'UTC'), timezone('UTC', publication.published_at::timestamp)) as published_at,
        coalesce(zones.time_zone, 'UTC') as time_zone,
        zones.store_count,
        zones.currency_count,
        periods.*,
        (select count(*) from store_windows)::bigint as period_store_count,
        (select min(store_name) from store_windows) as first_store_name,
        (select count(*) from comparable_stores)::bigint as comparable_store_count,
    from zones
    cross join periods
    left join publication on true
    order by publication.published_at::timestamp desc nulls last
    limit 1
)
select * from final
