with

campaigns as (
    select * from {{ ref('int_campaigns__keyed') }}
),

campaign_stores as (
    select * from {{ ref('int_campaign_stores__listed') }}
),

stores as (
    select * from {{ ref('int_stores__listed') }}
),

spend_items as (
    select * from {{ ref('int_spend_items__gathered') }}
    where campaign_id is not null
),

chain as (
    select
        min(currency) as currency,
        count(distinct currency) as currency_count
    from stores
),

of_stores as (
    select
        campaign_stores.campaign_id,
        min(stores.currency) as currency,
        count(distinct stores.currency) as currency_count
    from campaign_stores
    inner join stores on campaign_stores.store_id = stores.store_id
    group by campaign_stores.campaign_id
),

spent as (
    select
        campaign_id,
        min(currency) as currency,
        count(distinct currency) as currency_count
    from spend_items
    group by campaign_id
),

-- A campaign's cost is in the money of its stores; where they have several, in that of its budget.
priced as (
    select
        spent.campaign_id,
        spent.currency_count,
        coalesce(
            case
                when coalesce(of_stores.currency_count, chain.currency_count) = 1
                    then coalesce(of_stores.currency, chain.currency)
            end,
            campaigns.budget_currency,
            case when spent.currency_count = 1 then spent.currency end
        ) as currency
    from spent
    cross join chain
    left join of_stores on spent.campaign_id = of_stores.campaign_id
    left join campaigns on spent.campaign_id = campaigns.campaign_id
),

final as (
    select
        priced.campaign_id,
        cast(sum(spend_items.amount) as decimal(18, 2)) as spend_amount,
        {{ basis_of_sum('spend_items.basis') }} as spend_basis,
        min(spend_items.currency) as currency,
        cast(priced.currency_count as int) as currency_count
    from priced
    left join spend_items
        on
            priced.campaign_id = spend_items.campaign_id
            and priced.currency = spend_items.currency
    group by priced.campaign_id, priced.currency_count
)

select * from final
