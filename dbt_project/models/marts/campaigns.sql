with

campaigns as (
    select * from {{ ref('int_campaigns__keyed') }}
),

touches as (
    select * from {{ ref('int_touches__keyed') }}
),

redemptions as (
    select * from {{ ref('int_redemptions__keyed') }}
),

campaign_costs as (
    select * from {{ ref('int_campaign_costs__summed') }}
),

touch_counts as (
    select
        campaign_id,
        count(distinct coalesce(member_id, own_member_id)) as target_member_count
    from touches
    group by campaign_id
),

redemption_counts as (
    select
        campaign_id,
        count(*) as redemption_count
    from redemptions
    group by campaign_id
),

final as (
    select
        campaigns.campaign_id,
        campaigns.campaign_name,
        campaigns.campaign_type,
        campaigns.channel,
        campaigns.start_date,
        campaigns.end_date,
        campaigns.store_ids,
        campaigns.audience,
        campaigns.offer,
        cast(campaigns.holdout_rate as decimal(9, 4)) as holdout_rate,
        campaigns.goal,
        campaigns.goal_amount,
        campaigns.budget_amount,
        campaigns.budget_currency,
        cast(coalesce(touch_counts.target_member_count, 0) as bigint) as target_member_count,
        cast(coalesce(redemption_counts.redemption_count, 0) as bigint) as redemption_count,
        campaign_costs.spend_amount,
        campaign_costs.spend_basis,
        campaign_costs.currency,
        cast(coalesce(campaign_costs.currency_count, 0) as bigint) as spend_currency_count,
        cast(
            case
                when campaign_costs.currency_count > 1 and campaign_costs.spend_amount is not null
                    then 'what was spent in other money is not in the cost'
                when campaign_costs.campaign_id is not null and campaign_costs.spend_amount is null
                    then 'what it cost is known in other money only'
            end as string
        ) as spend_lack,
        cast(
            case
                when campaigns.budget_currency = campaign_costs.currency
                    then campaigns.budget_amount - campaign_costs.spend_amount
            end as decimal(18, 2)
        ) as budget_left_amount,
        campaigns.is_unmapped
    from campaigns
    left join touch_counts on campaigns.campaign_id = touch_counts.campaign_id
    left join redemption_counts on campaigns.campaign_id = redemption_counts.campaign_id
    left join campaign_costs on campaigns.campaign_id = campaign_costs.campaign_id
)

select * from final
