with

plans as (
    select * from {{ ref('int_campaign_plans__dated') }}
),

final as (
    select
        campaign_id,
        version_number,
        cast(status as string) as status,
        valid_from_date,
        valid_to_date,
        campaign_name,
        campaign_type,
        channel,
        start_date,
        end_date,
        store_ids,
        audience,
        offer,
        cast(holdout_rate as decimal(9, 4)) as holdout_rate,
        goal,
        goal_amount,
        budget_amount,
        currency,
        media_plan_ids,
        source_file_id,
        source_line
    from plans
)

select * from final
