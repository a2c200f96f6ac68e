with

tenders as (
    select {{ pairing_key(['order_id_source']) }} as number_key
    from {{ ref('int_tenders__keyed') }}
    where is_billed
),

entries as (
    select {{ pairing_key(['order_id_source']) }} as number_key
    from {{ ref('int_payments__keyed') }}
    where origin = 'bill' and order_id_source is not null
),

repeated as (
    select number_key from tenders
    group by number_key
    having count(*) > 1
    union distinct
    select number_key from entries
    group by number_key
    having count(*) > 1
),

final as (
    select number_key from repeated
)

select * from final
