with

bronze_rows as (
    {{ counted_rows('member_list') }}
),

final as (
    select
        cast(bronze_rows.store_id as string) as store_id,
        cast(bronze_rows.entry_number as bigint) as entry_number,
        cast(bronze_rows.card_token as string) as card_token,
        cast(bronze_rows.phone_token as string) as phone_token,
        cast(bronze_rows.account_token as string) as account_token,
        cast(bronze_rows.name_token as string) as name_token,
        cast(bronze_rows.name_first_token as string) as name_first_token,
        cast(bronze_rows.name_last_token as string) as name_last_token,
        cast(bronze_rows.name_sound_token as string) as name_sound_token,
        cast(bronze_rows.birth_date_token as string) as birth_date_token,
        cast(bronze_rows.birth_month_day_token as string) as birth_month_day_token,
        cast(bronze_rows.birth_year_token as string) as birth_year_token,
        cast(bronze_rows.address_token as string) as address_token,
        cast(bronze_rows.street_token as string) as street_token,
        cast(bronze_rows.place_token as string) as place_token,
        cast(bronze_rows.phone_mask_token as string) as phone_mask_token,
        cast(bronze_rows.gender as string) as gender,
        cast(bronze_rows.joined_date as date) as joined_date,
        cast(bronze_rows.last_order_date as date) as last_order_date,
        cast(bronze_rows.card_tier as string) as card_tier,
        cast(bronze_rows.points as decimal(18, 2)) as points,
        cast(bronze_rows.status as string) as status,
        cast(bronze_rows.sms_consent as string) as sms_consent,
        cast(bronze_rows.sms_consent_date as date) as sms_consent_date,
        cast(bronze_rows.sender_id as string) as sender_id,
        cast(bronze_rows._file_id as string) as _file_id,
        cast(bronze_rows._line as bigint) as _line,
        cast(bronze_rows.period_start as date) as _period_start,
        cast(bronze_rows.period_end as date) as _period_end
    from bronze_rows
)

select * from final
