with

bronze_rows as (
    {{ counted_rows('campaigns') }}
),

final as (
    select
        cast(bronze_rows.campaign_id_source as string) as campaign_id_source,
        cast(bronze_rows.valid_from as date) as valid_from,
        cast(bronze_rows.campaign_type as string) as campaign_type,
        cast(bronze_rows.channel as string) as channel,
        cast(bronze_rows.start_date as date) as start_date,
        cast(bronze_rows.end_date as date) as end_date,
        cast(bronze_rows.campaign_name as string) as campaign_name,
        cast(bronze_rows.store_ids as string) as store_ids,
        cast(bronze_rows.audience as string) as audience,
        cast(bronze_rows.offer as string) as offer,
        cast(bronze_rows.holdout_rate as decimal(18, 3)) as holdout_rate,
        cast(bronze_rows.goal as string) as goal,
        cast(bronze_rows.goal_amount as decimal(18, 2)) as goal_amount,
        cast(bronze_rows.budget_amount as decimal(18, 2)) as budget_amount,
        cast(bronze_rows.currency as string) as currency,
        cast(bronze_rows.media_plan_ids as string) as media_plan_ids,
        cast(bronze_rows.sender_id as string) as sender_id,
        cast(bronze_rows._file_id as string) as _file_id,
        cast(bronze_rows._line as bigint) as _line,
        cast(bronze_rows.period_start as date) as _period_start,
        cast(bronze_rows.period_end as date) as _period_end
    from bronze_rows
)

select * from final
