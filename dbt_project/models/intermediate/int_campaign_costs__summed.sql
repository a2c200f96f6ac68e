with

campaign_spend as (
    select * from {{ ref('stg_bronze__campaign_spend') }}
),

final as (
    select
        campaign_id_source as campaign_id,
        cast(sum(amount) as decimal(18, 2)) as spend_amount,
        case
            when count(distinct basis) > 1 then 'mixed'
            else min(basis)
        end as spend_basis,
        min(currency) as currency,
        cast(count(distinct currency) as int) as currency_count
    from campaign_spend
    group by campaign_id_source
)

select * from final
