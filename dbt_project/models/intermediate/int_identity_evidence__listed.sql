{%- set slots = {
    'card_token': ["'vip_card'", "''"],
    'phone_token': ["'phone'", "''"],
    'account_token': ["'shop_account'", "''"],
    'unionid_token': ["'unionid'", "''"],
    'payer_token': ['payer_type', 'payer_issuer'],
} -%}
{%- set tokens = slots | list -%}
with

records as (
    select * from {{ ref('int_identity_records__gathered') }}
),

grouped as (
    select
        evidence_kind,
        card_token,
        phone_token,
        account_token,
        unionid_token,
        payer_type,
        payer_issuer,
        payer_token,
        first_date,
        last_date,
        file_id,
        min(line) as line,
        count(*) as evidence_count
    from records
    group by
        evidence_kind, card_token, phone_token, account_token, unionid_token, payer_type, payer_issuer, payer_token,
        first_date, last_date, file_id
),

-- Every two identifiers of a record are a pair, the lower token first; a record of one identifier lists it alone.
listed as (
    {%- for a in tokens %}
        {%- for b in tokens[loop.index:] %}
            {%- set is_ordered = a ~ ' < ' ~ b %}
            select
                evidence_kind,
                case when {{ is_ordered }} then {{ slots[a][0] }} else {{ slots[b][0] }} end as a_type,
                case when {{ is_ordered }} then {{ slots[a][1] }} else {{ slots[b][1] }} end as a_issuer,
                least({{ a }}, {{ b }}) as a_token,
                case when {{ is_ordered }} then {{ slots[b][0] }} else {{ slots[a][0] }} end as b_type,
                case when {{ is_ordered }} then {{ slots[b][1] }} else {{ slots[a][1] }} end as b_issuer,
                greatest({{ a }}, {{ b }}) as b_token,
                first_date,
                last_date,
                evidence_count,
                file_id,
                line
            from grouped
            where {{ a }} is not null and {{ b }} is not null

            union all
        {% endfor %}
        select
            evidence_kind,
            {{ slots[a][0] }} as a_type,
            {{ slots[a][1] }} as a_issuer,
            {{ a }} as a_token,
            cast(null as string) as b_type,
            cast(null as string) as b_issuer,
            cast(null as string) as b_token,
            first_date,
            last_date,
            evidence_count,
            file_id,
            line
        from grouped
        where
            {{ a }} is not null
            {%- for b in tokens if b != a %}
                and {{ b }} is null
            {%- endfor %}
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
),

ranked as (
    select
        *,
        row_number() over (
            partition by evidence_kind, a_type, a_issuer, a_token, b_type, b_issuer, b_token, file_id
            order by first_date asc nulls last, line asc nulls last
        ) as evidence_rank
    from listed
),

final as (
    select
        evidence_kind,
        a_type,
        a_issuer,
        a_token,
        b_type,
        b_issuer,
        b_token,
        min(first_date) as first_seen_date,
        max(last_date) as last_seen_date,
        cast(sum(evidence_count) as bigint) as evidence_count,
        file_id,
        min(case when evidence_rank = 1 then line end) as line
    from ranked
    group by evidence_kind, a_type, a_issuer, a_token, b_type, b_issuer, b_token, file_id
)

select * from final
