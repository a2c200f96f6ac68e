with

orders as (
    select * from {{ ref('int_orders__aggregated') }}
    where member_id is not null
),

identifiers as (
    select * from {{ ref('int_identifiers__resolved') }}
    where member_id is not null
),

heirs as (
    select * from {{ ref('int_member_heirs__dated') }}
),

-- Orders that were another member's before.
inherited as (
    select
        orders.order_id,
        orders.business_date,
        orders.net_sales_amount,
        orders.is_purchase,
        heirs.own_member_id
    from orders
    inner join identifiers on {{ names_on('identifiers', 'orders.member_token', 'orders.business_date') }}
    inner join heirs
        on
            identifiers.own_member_id = heirs.own_member_id
            and orders.member_id = heirs.member_id
            and heirs.is_last
),

known as (
    select
        heirs.member_id,
        inherited.order_id,
        inherited.business_date,
        inherited.net_sales_amount,
        inherited.is_purchase,
        heirs.known_from_date,
        heirs.known_to_date
    from inherited
    inner join heirs on inherited.own_member_id = heirs.own_member_id
    where coalesce(heirs.known_from_date <= heirs.known_to_date, true)

    union all

    select
        orders.member_id,
        orders.order_id,
        orders.business_date,
        orders.net_sales_amount,
        orders.is_purchase,
        date '1900-01-01' as known_from_date,
        cast(null as date) as known_to_date
    from orders
    left join inherited on orders.order_id = inherited.order_id
    where inherited.order_id is null
),

-- An era of a member begins when another member's orders become known as its own, and with them their whole past.
era_starts as (
    select
        member_id,
        known_from_date as era_from_date,
        {{ days_after('lead(known_from_date) over (partition by member_id order by known_from_date nulls last)', -1) }}
            as next_from_date,
        member_to_date
    from (
        select
            member_id,
            known_from_date,
            max(known_to_date) as member_to_date
        from known
        group by member_id, known_from_date
    ) as starts
),

final as (
    select
        known.member_id,
        eras.era_from_date,
        coalesce(eras.next_from_date, eras.member_to_date) as era_to_date,
        known.order_id,
        known.business_date,
        known.net_sales_amount,
        known.is_purchase
    from known
    inner join era_starts as eras
        on
            known.member_id = eras.member_id
            and known.known_from_date <= eras.era_from_date
    where known.business_date <= coalesce(eras.next_from_date, eras.member_to_date, known.business_date)
)

select * from final
