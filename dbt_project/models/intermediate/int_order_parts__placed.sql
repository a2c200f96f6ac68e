with

parts as (
    select * from {{ ref('int_order_parts__summed') }}
),

receipts as (
    select * from parts
    where origin = 'receipt'
),

-- Lines that no receipt rules are a refund where all of them take goods back.
line_parts as (
    select
        *,
        case when max(case when part_kind = 'sale' then 1 else 0 end) over (
            partition by store_id, order_id_source, business_date
        ) = 1 then 'sale' else 'refund' end as own_kind
    from parts
    where origin = 'lines'
),

-- The receipt that lines belong to: that of their day, and of their kind if there is one; else, where the receipt of
-- their kind was closed on a neighbouring day, that.
candidates as (
    select
        line_parts.store_id,
        line_parts.order_id_source,
        line_parts.business_date,
        line_parts.part_kind,
        receipts.business_date as receipt_date,
        receipts.part_kind as receipt_kind,
        row_number() over (
            partition by
                line_parts.store_id, line_parts.order_id_source, line_parts.business_date, line_parts.part_kind
            order by
                case when receipts.business_date = line_parts.business_date then 1 else 2 end asc nulls last,
                case when receipts.part_kind = line_parts.part_kind then 1 else 2 end asc nulls last,
                case receipts.part_kind when 'sale' then 1 when 'void' then 2 else 3 end asc nulls last,
                receipts.business_date asc nulls last
        ) as candidate_rank
    from line_parts
    inner join receipts
        on
            line_parts.store_id = receipts.store_id
            and line_parts.order_id_source = receipts.order_id_source
    where
        receipts.business_date = line_parts.business_date
        or (
            receipts.business_date between {{ days_after('line_parts.business_date', -1) }}
            and {{ days_after('line_parts.business_date', 1) }}
            and receipts.part_kind in (line_parts.part_kind, 'void')
        )
),

placed as (
    select
        store_id,
        order_id_source,
        business_date as part_date,
        origin,
        part_kind,
        business_date,
        part_kind as told_kind,
        card_token,
        phone_token,
        account_token,
        last_line_number
    from receipts

    union all

    select
        line_parts.store_id,
        line_parts.order_id_source,
        line_parts.business_date as part_date,
        line_parts.origin,
        line_parts.part_kind,
        coalesce(candidates.receipt_date, line_parts.business_date) as business_date,
        cast(coalesce(candidates.receipt_kind, line_parts.own_kind) as string) as told_kind,
        line_parts.card_token,
        line_parts.phone_token,
        line_parts.account_token,
        line_parts.last_line_number
    from line_parts
    left join candidates
        on
            line_parts.store_id = candidates.store_id
            and line_parts.order_id_source = candidates.order_id_source
            and line_parts.business_date = candidates.business_date
            and line_parts.part_kind = candidates.part_kind
            and candidates.candidate_rank = 1
),

-- Where an order has lines of two days, whose numbers may both begin with 1, the later ones count on.
final as (
    select
        *,
        cast(sum(last_line_number) over until_day - sum(last_line_number) over of_day as int) as line_offset
    from placed
    window
        until_day as (
            partition by store_id, order_id_source, business_date, told_kind order by part_date nulls last
        ),
        of_day as (partition by store_id, order_id_source, business_date, told_kind, part_date)
)

select * from final
