with

campaigns as (
    select * from {{ ref('int_campaigns__keyed') }}
),

listed as (
    select
        campaigns.campaign_id,
        trim(parts.part) as store_id
    from campaigns
    {{ each_part('campaigns.store_ids', ';') }}
),

final as (
    select distinct
        campaign_id,
        store_id
    from listed
    where store_id <> ''
)

select * from final
