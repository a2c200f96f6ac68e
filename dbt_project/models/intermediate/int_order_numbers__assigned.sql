with

parts as (
    select * from {{ ref('int_order_parts__placed') }}
),

orders as (
    select
        store_id,
        order_id_source,
        business_date,
        told_kind,
        case told_kind when 'sale' then 1 when 'void' then 2 else 3 end as kind_rank,
        coalesce(min(case when origin = 'receipt' then card_token end), min(card_token)) as card_token,
        min(phone_token) as phone_token,
        min(account_token) as account_token
    from parts
    group by store_id, order_id_source, business_date, told_kind
),

numbered as (
    select
        *,
        min(kind_rank) over (partition by store_id, order_id_source) as first_kind_rank,
        row_number() over (
            partition by store_id, order_id_source, kind_rank order by business_date nulls last
        ) as day_number
    from orders
),

-- Sales keep the plain number; what else stands under it says its kind, and a further day its date.
keyed as (
    select
        *,
        store_id || '-' || order_id_source
        || case when kind_rank = first_kind_rank then '' else '-' || told_kind end
        || case when day_number = 1 then '' else '-' || cast(business_date as string) end as order_id,
        {{ sale_number('order_id_source') }} as sale_number,
        coalesce(card_token, phone_token, account_token) is not null as has_guest
    from numbered
),

-- A refund is one of the latest sale before it; where the tills' clocks put it before every sale, one of the first.
refunded as (
    select
        refunds.order_id,
        sales.order_id as refunded_order_id,
        sales.business_date as sale_business_date,
        sales.card_token,
        sales.phone_token,
        sales.account_token,
        row_number() over (
            partition by refunds.order_id
            order by
                case when sales.business_date <= refunds.business_date then 1 else 2 end asc nulls last,
                abs({{ days_between('sales.business_date', 'refunds.business_date') }}) asc nulls last
        ) as sale_rank
    from keyed as refunds
    inner join keyed as sales
        on
            refunds.store_id = sales.store_id
            and refunds.sale_number = sales.order_id_source
    where refunds.told_kind = 'refund' and sales.told_kind = 'sale'
),

-- The guest of a refund that names none is the guest of its sale.
final as (
    select
        keyed.store_id,
        keyed.order_id_source,
        keyed.business_date,
        keyed.told_kind,
        cast(keyed.order_id as string) as order_id,
        cast(refunded.refunded_order_id as string) as refunded_order_id,
        refunded.sale_business_date,
        case when keyed.has_guest then keyed.card_token else refunded.card_token end as card_token,
        case when keyed.has_guest then keyed.phone_token else refunded.phone_token end as phone_token,
        case when keyed.has_guest then keyed.account_token else refunded.account_token end as account_token
    from keyed
    left join refunded on keyed.order_id = refunded.order_id and refunded.sale_rank = 1
)

select * from final
