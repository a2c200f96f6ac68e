with

movements as (
    select * from {{ ref('int_coupon_movements__summed') }}
),

moved as (
    select
        *,
        case when is_expired then 0 else issued_count + reversed_count - redeemed_count end as net_count
    from movements
),

running as (
    select
        *,
        sum(net_count) over (
            partition by issuer, campaign_id, batch_id, currency order by business_date nulls last
            rows between unbounded preceding and current row
        ) as listed_count
    from moved
),

-- Uses beyond what lists say was handed out: how far the count has fallen below zero at most.
floored as (
    select
        *,
        greatest(-min(listed_count) over (
            partition by issuer, campaign_id, batch_id, currency order by business_date nulls last
            rows between unbounded preceding and current row
        ), 0) as unlisted_count
    from running
),

closed as (
    select
        *,
        case when is_expired then 0 else listed_count + unlisted_count end as closing_count,
        lag(listed_count + unlisted_count, 1, 0) over (
            partition by issuer, campaign_id, batch_id, currency order by business_date nulls last
        ) as count_before,
        lag(case when is_expired then 1 else 0 end, 1, 0) over (
            partition by issuer, campaign_id, batch_id, currency order by business_date nulls last
        ) as was_expired,
        lag(unlisted_count, 1, 0) over (
            partition by issuer, campaign_id, batch_id, currency order by business_date nulls last
        ) as unlisted_before
    from floored
),

counted as (
    select
        *,
        case when was_expired = 1 then 0 else count_before end as opening_count,
        case
            when is_expired then greatest(redeemed_count - issued_count - reversed_count, 0)
            else unlisted_count - unlisted_before
        end as found_count
    from closed
),

final as (
    select
        issuer,
        campaign_id,
        batch_id,
        business_date,
        cast(opening_count as bigint) as opening_count,
        issued_count,
        cast(found_count as bigint) as unlisted_count,
        redeemed_count,
        cast(
            case
                when is_expired then opening_count + issued_count + found_count + reversed_count - redeemed_count
                else 0
            end as bigint
        ) as expired_count,
        reversed_count,
        cast(closing_count as bigint) as closing_count,
        redeemed_amount,
        reversed_amount,
        currency
    from counted
)

select * from final
