with

pairs as (
    select * from {{ ref('int_possible_duplicates__weighed') }}
),

final as (
    select
        cast(member_id_left as string) as member_id_left,
        cast(member_id_right as string) as member_id_right,
        cast(match_weight as decimal(9, 2)) as match_weight,
        cast(match_probability as decimal(5, 4)) as match_probability,
        cast(agrees as string) as agrees,
        cast(differs as string) as differs,
        cast(file_id_left as string) as file_id_left,
        cast(line_left as bigint) as line_left,
        cast(file_id_right as string) as file_id_right,
        cast(line_right as bigint) as line_right
    from pairs
)

select * from final
