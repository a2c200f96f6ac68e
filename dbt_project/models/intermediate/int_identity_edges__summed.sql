{%- set columns = [
    'a_type', 'a_issuer', 'a_token', 'b_type', 'b_issuer', 'b_token', 'evidence_kind', 'first_seen_date', 'last_seen_date',
    'evidence_count', 'file_id', 'line'
] -%}
with

evidence as (
    select * from {{ ref('int_identity_evidence__listed') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by evidence_kind, a_type, a_issuer, a_token, b_type, b_issuer, b_token
            order by first_seen_date asc nulls last, file_id asc nulls last, line asc nulls last
        ) as evidence_rank
    from evidence
),

summed as (
    select
        a_type,
        a_issuer,
        a_token,
        b_type,
        b_issuer,
        b_token,
        evidence_kind,
        min(first_seen_date) as first_seen_date,
        max(last_seen_date) as last_seen_date,
        cast(sum(evidence_count) as bigint) as evidence_count,
        min(case when evidence_rank = 1 then file_id end) as file_id,
        min(case when evidence_rank = 1 then line end) as line
    from ranked
    group by a_type, a_issuer, a_token, b_type, b_issuer, b_token, evidence_kind
),

final as (
    select
        *,
        {%- for end in ('a', 'b') %}
            {{ token_digits(end ~ '_token', 1, 15) }} as {{ end }}_key,
            {{ token_digits(end ~ '_token', 16, 15) }} as {{ end }}_middle,
            {{ token_digits(end ~ '_token', 31, 2) }} as {{ end }}_end,
        {%- endfor %}
        {{ row_hash(columns) }} as evidence_hash
    from summed
)

select * from final
