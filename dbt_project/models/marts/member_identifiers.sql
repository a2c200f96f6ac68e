with

identifiers as (
    select * from {{ ref('int_identifiers__resolved') }}
),

final as (
    select
        cast(identifier_type as string) as identifier_type,
        cast(issuer as string) as issuer,
        cast(identifier_token as string) as identifier_token,
        cast(period as int) as period,
        cast(member_id as string) as member_id,
        cast(own_member_id as string) as own_member_id,
        cast(first_seen_date as timestamp) as first_seen_at,
        cast(last_seen_date as timestamp) as last_seen_at,
        cast(valid_from as date) as valid_from_date,
        cast(valid_to as date) as valid_to_date,
        cast(evidence_count as bigint) as evidence_count,
        cast(status as string) as status
    from identifiers
)

select * from final
