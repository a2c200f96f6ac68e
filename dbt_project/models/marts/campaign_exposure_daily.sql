with

campaign_days as (
    select * from {{ ref('int_campaign_days__listed') }}
),

media as (
    select
        *,
        {{ days_between('first_date', 'last_date') }} + 1 as day_count
    from {{ ref('int_spend_items__gathered') }}
    where impression_count is not null and campaign_id is not null
),

-- A row of several days is split evenly; the odd ones go to the first days.
media_days as (
    select
        media.campaign_id,
        days.day as business_date,
        media.impression_count,
        media.click_count,
        media.day_count,
        {{ days_between('media.first_date', 'days.day') }} + 1 as day_number
    from media
    {{ each_day('media.first_date', 'media.last_date') }}
),

touches as (
    select * from {{ ref('int_touches__keyed') }}
    where campaign_id is not null and kind <> 'target' and status is distinct from 'failed'
),

counted as (
    select
        campaign_id,
        business_date,
        store_id,
        1 as planned,
        0 as impressions,
        0 as clicks,
        0 as touches,
        0 as named
    from campaign_days

    union all

    select
        campaign_id,
        business_date,
        null as store_id,
        0 as planned,
        {{ even_share('impression_count', 'day_count', 'day_number') }} as impressions,
        {{ even_share('click_count', 'day_count', 'day_number') }} as clicks,
        0 as touches,
        0 as named
    from media_days

    union all

    select
        campaign_id,
        touched_date as business_date,
        store_id,
        0 as planned,
        0 as impressions,
        0 as clicks,
        1 as touches,
        case when member_id is not null then 1 else 0 end as named
    from touches
),

summed as (
    select
        campaign_id,
        business_date,
        store_id,
        max(planned) = 1 as is_planned,
        sum(impressions) as impression_count,
        sum(clicks) as click_count,
        sum(touches) as touch_count,
        sum(touches - named) as anonymous_touch_count
    from counted
    group by campaign_id, business_date, store_id
),

final as (
    select
        summed.campaign_id,
        summed.business_date,
        summed.store_id,
        campaigns.channel,
        summed.is_planned,
        cast(summed.impression_count as bigint) as impression_count,
        cast(summed.click_count as bigint) as click_count,
        cast(summed.touch_count as bigint) as touch_count,
        cast(summed.anonymous_touch_count as bigint) as anonymous_touch_count
    from summed
    inner join {{ ref('int_campaigns__keyed') }} as campaigns on summed.campaign_id = campaigns.campaign_id
)

select * from final
