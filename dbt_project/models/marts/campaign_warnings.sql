with

warnings as (
    select
        kind,
        campaign_id,
        null as other_campaign_id,
        detail,
        case_count,
        amount,
        currency,
        source_file_id,
        source_line
    from {{ ref('int_plan_warnings__found') }}

    union all

    select
        kind,
        campaign_id,
        other_campaign_id,
        detail,
        case_count,
        null as amount,
        null as currency,
        source_file_id,
        source_line
    from {{ ref('int_touch_warnings__found') }}
),

final as (
    select
        cast(kind as string) as kind,
        campaign_id,
        cast(other_campaign_id as string) as other_campaign_id,
        detail,
        cast(case_count as bigint) as case_count,
        cast(amount as decimal(18, 2)) as amount,
        currency,
        cast(
            case kind
                when 'spend_without_campaign'
                    then 'Name the campaign in the list of costs, or the plan in media_plan_ids of one campaign'
                when 'campaign_not_listed'
                    then 'Ask the head office for a campaign list that names it, or correct the number where it stands'
                when 'campaign_without_spend'
                    then 'Ask the head office what it cost; without a cost it has no return'
                when 'spend_in_other_currency'
                    then 'Ask for the bill in the money of the stores; nothing is converted, so it counts in no return'
                when 'plan_changed_after_start'
                    then 'Nothing if it was agreed; each version counts for its own days'
                when 'plan_changed_after_end'
                    then 'It does not count; correct the list that it changes if that was wrong'
                when 'plan_contradicted'
                    then 'Two lists say different things for the same day: take one back with loopmart revoke'
                when 'unknown_store'
                    then 'Correct the store in the campaign list, or add it to stores.csv'
                when 'overlapping_campaigns'
                    then 'Read the returns of both with care: their members were told by both at a time'
                when 'touch_after_end'
                    then 'Correct the campaign or its dates; a touch after the end is credited with nothing'
                when 'touch_without_identity'
                    then 'Ask the sender for a report with phone, card or openid; it is credited with nothing'
                when 'targets_of_one_member'
                    then 'Nothing: a member counts once; take the second card off the next list'
            end as string
        ) as remedy,
        source_file_id,
        source_line
    from warnings
)

select * from final
