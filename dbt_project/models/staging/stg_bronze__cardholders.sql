with

bronze_rows as (
    {{ counted_rows('cardholders') }}
),

final as (
    select
        cast(bronze_rows.store_id as string) as store_id,
        cast(bronze_rows.card_token as string) as card_token,
        cast(bronze_rows.age_band as string) as age_band,
        cast(bronze_rows.income_band as string) as income_band,
        cast(bronze_rows.home_ownership as string) as home_ownership,
        cast(bronze_rows.marital_status as string) as marital_status,
        cast(bronze_rows.household_size as string) as household_size,
        cast(bronze_rows.household_composition as string) as household_composition,
        cast(bronze_rows.kids_count as string) as kids_count,
        cast(bronze_rows.sender_id as string) as sender_id,
        cast(bronze_rows._file_id as string) as _file_id,
        cast(bronze_rows._line as bigint) as _line,
        cast(bronze_rows.period_start as date) as _period_start,
        cast(bronze_rows.period_end as date) as _period_end
    from bronze_rows
)

select * from final
