with

checks as (
    select * from {{ ref('int_value_fit__checked') }}
),

final as (
    select
        measure,
        cast(observed_value as decimal(28, 4)) as observed_value,
        cast(expected_value as decimal(28, 4)) as expected_value,
        cast(lower_limit as decimal(28, 4)) as lower_limit,
        cast(upper_limit as decimal(28, 4)) as upper_limit,
        is_met,
        verdict,
        reason as verdict_reason
    from checks
)

select * from final
