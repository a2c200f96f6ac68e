with

listed as (
    select * from {{ ref('int_unmatched_payments__listed') }}
),

numbered as (
    select * from {{ ref('int_unmatched_payments__numbered') }}
    where match_rule = 'order_number'
),

settled_counts as (
    select
        store_id,
        payment_channel,
        kind,
        count(*) as matched_count,
        0 as unmatched_count
    from {{ ref('int_payment_numbers__matched') }}
    where is_settled
    group by store_id, payment_channel, kind
),

entry_counts as (
    select
        listed.store_id,
        listed.payment_channel,
        listed.kind,
        count(numbered.payment_id) as matched_count,
        count(*) - count(numbered.payment_id) as unmatched_count
    from listed
    left join numbered on listed.point_id = numbered.payment_id
    where listed.side = -1 and listed.number_key is not null
    group by listed.store_id, listed.payment_channel, listed.kind
),

counts as (
    select * from settled_counts
    union all
    select * from entry_counts
),

final as (
    select
        store_id,
        payment_channel,
        kind,
        cast(sum(matched_count) as bigint) as matched_count,
        cast(sum(unmatched_count) as bigint) as unmatched_count,
        sum(matched_count) >= sum(unmatched_count) as is_shared
    from counts
    group by store_id, payment_channel, kind
)

select * from final
