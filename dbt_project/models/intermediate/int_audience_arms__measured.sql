{% set money = ['net_sales', 'margin'] %}
{% set measures = money + ['orders', 'visits', 'returned'] %}

with

members as (
    select * from {{ ref('int_audience_members__keyed') }}
    where arm in ('treatment', 'holdout') and member_id is not null
),

orders as (
    select * from {{ ref('int_orders__aggregated') }}
    where member_id is not null and order_kind <> 'void'
),

-- A refund belongs to the day of its sale, where that is known: what was given back was not brought by the campaign.
window_orders as (
    select
        members.export_id,
        members.member_id,
        sum(orders.net_sales_amount) as net_sales_amount,
        sum(coalesce(orders.margin_amount, 0)) as margin_amount,
        count(case when orders.is_purchase then 1 end) as order_count,
        count(distinct case when orders.is_purchase then orders.business_date end) as visit_count,
        count(case when orders.margin_amount is null then 1 end) as unknown_cost_count,
        min(orders.currency) as first_currency,
        max(orders.currency) as last_currency
    from members
    inner join orders
        on
            members.member_id = orders.member_id
            and coalesce(orders.sale_business_date, orders.business_date) >= members.window_start_date
            and coalesce(orders.sale_business_date, orders.business_date) <= members.window_end_date
    group by members.export_id, members.member_id
),

-- A member without an order counts, with 0.
measured as (
    select
        members.export_id,
        members.arm,
        coalesce(window_orders.net_sales_amount, 0) as net_sales,
        coalesce(window_orders.margin_amount, 0) as margin,
        coalesce(window_orders.order_count, 0) as orders,
        coalesce(window_orders.visit_count, 0) as visits,
        case when window_orders.order_count > 0 then 1 else 0 end as returned,
        coalesce(window_orders.unknown_cost_count, 0) as unknown_cost_count,
        window_orders.first_currency,
        window_orders.last_currency
    from members
    left join window_orders
        on
            members.export_id = window_orders.export_id
            and members.member_id = window_orders.member_id
),

final as (
    {%- for measure in measures %}
        select
            export_id,
            arm,
            '{{ measure }}' as measure,
            cast(count(*) as bigint) as member_count,
            cast(sum({{ measure }}) as decimal(18, 2)) as value_sum,
            cast(sum({{ measure }} * {{ measure }}) as decimal(28, 4)) as square_sum,
            cast({{ 'sum(unknown_cost_count)' if measure == 'margin' else '0' }} as bigint) as unknown_order_count,
            {{ 'min(first_currency)' if measure in money else 'cast(null as string)' }} as first_currency,
            {{ 'max(last_currency)' if measure in money else 'cast(null as string)' }} as last_currency
        from measured
        group by export_id, arm
        {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
