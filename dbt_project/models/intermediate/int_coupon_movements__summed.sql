with

events as (
    select * from {{ ref('int_coupon_events__listed') }}
),

campaigns as (
    select * from {{ ref('int_campaigns__keyed') }}
),

orders as (
    select * from {{ ref('int_orders__aggregated') }}
),

last_days as (
    select max(business_date) as business_date from events
    union all
    select max(business_date) as business_date from orders
),

today as (
    select max(business_date) as business_date from last_days
),

-- A coupon can be used up to the last day of its campaign; what is open then expires on the day after.
expiries as (
    select distinct
        events.issuer,
        events.campaign_id,
        events.batch_id,
        events.currency,
        {{ days_after('campaigns.end_date', 1) }} as business_date,
        'expire' as event,
        cast(null as decimal(18, 2)) as face_amount
    from events
    inner join campaigns on events.campaign_id = campaigns.campaign_id
    cross join today
    where events.business_date <= campaigns.end_date and campaigns.end_date < today.business_date
),

listed as (
    select
        issuer,
        campaign_id,
        batch_id,
        currency,
        business_date,
        event,
        face_amount
    from events
    union all
    select * from expiries
),

final as (
    select
        listed.issuer,
        listed.campaign_id,
        listed.batch_id,
        listed.currency,
        listed.business_date,
        coalesce(listed.business_date > campaigns.end_date, false) as is_expired,
        cast(sum(case when listed.event = 'issue' then 1 else 0 end) as bigint) as issued_count,
        cast(sum(case when listed.event = 'redeem' then 1 else 0 end) as bigint) as redeemed_count,
        cast(sum(case when listed.event = 'reverse' then 1 else 0 end) as bigint) as reversed_count,
        cast(sum(case when listed.event = 'redeem' then listed.face_amount end) as decimal(18, 2)) as redeemed_amount,
        cast(sum(case when listed.event = 'reverse' then listed.face_amount end) as decimal(18, 2)) as reversed_amount
    from listed
    left join campaigns on listed.campaign_id = campaigns.campaign_id
    group by
        listed.issuer, listed.campaign_id, listed.batch_id, listed.currency, listed.business_date, campaigns.end_date
)

select * from final
