-- The published columns that the report may rely on, all empty. Run in the catalogue `marts`: marts stand in its main schema.
create schema ops;

create table marts.stores (
    store_id varchar, store_name varchar, time_zone varchar, currency varchar, since_date date, until_date date,
    first_business_date date, last_business_date date, order_count bigint, net_sales_amount decimal(18, 2),
);
create table marts.campaigns (
    campaign_id varchar, campaign_type varchar, channel varchar, start_date date, end_date date,
    target_member_count bigint, redemption_count bigint, spend_amount decimal(18, 2), spend_basis varchar,
    currency varchar,
);
create table marts.members (
    member_id varchar, is_registered boolean, cohort_month date, first_order_at timestamp, last_order_at timestamp,
    order_count bigint, net_sales_amount decimal(18, 2), recency_days integer, recency_score integer,
    frequency_score integer, monetary_score integer, rfm_segment varchar, favourite_store_id varchar,
    favourite_category varchar, favourite_hour integer, age_band varchar, income_band varchar,
    household_size varchar, predicted_12m_amount decimal(18, 2),
);
create table marts.orders (
    order_id varchar, store_id varchar, order_id_source varchar, business_date date, ordered_at timestamp,
    member_id varchar, channel varchar, gross_amount decimal(18, 2), discount_amount decimal(18, 2),
    merchant_discount_amount decimal(18, 2), platform_discount_amount decimal(18, 2),
    loyalty_discount_amount decimal(18, 2), coupon_match_amount decimal(18, 2), store_discount_amount decimal(18, 2),
    coupon_amount decimal(18, 2),
    net_sales_amount decimal(18, 2), refund_amount decimal(18, 2), cost_amount decimal(18, 2), currency varchar,
    item_count bigint, is_first_order boolean, is_purchase boolean,
);
create table marts.campaign_roi (
    campaign_id varchar, channel varchar, method varchar, method_family varchar, cost_amount decimal(18, 2), cost_basis varchar,
    reached_member_count bigint, control_member_count bigint, control_store_count bigint,
    attributed_net_sales_amount decimal(18, 2),
    incremental_net_sales_amount decimal(18, 2), incremental_low decimal(18, 2), incremental_high decimal(18, 2),
    roi decimal(18, 4), roi_low decimal(18, 4), roi_high decimal(18, 4), verdict varchar, verdict_reason varchar,
);
create table marts.channel_roi (
    channel varchar, method varchar, method_family varchar, cost_amount decimal(18, 2), cost_basis varchar,
    reached_member_count bigint, control_member_count bigint, attributed_net_sales_amount decimal(18, 2),
    incremental_net_sales_amount decimal(18, 2), incremental_low decimal(18, 2), incremental_high decimal(18, 2),
    roi decimal(18, 4), roi_low decimal(18, 4), roi_high decimal(18, 4), verdict varchar, verdict_reason varchar,
);
create table marts.store_daily_sales (
    store_id varchar, business_date date, order_count bigint, item_count bigint, gross_amount decimal(18, 2),
    discount_amount decimal(18, 2), net_sales_amount decimal(18, 2), refund_amount decimal(18, 2),
    margin_amount decimal(18, 2), identified_net_sales_amount decimal(18, 2), identified_rate decimal(9, 4),
    new_member_count bigint, returning_member_count bigint, expected_file_count bigint, missing_file_count bigint,
    is_complete boolean, visitor_count bigint, conversion_rate decimal(9, 4),
);
create table marts.member_cohorts (
    cohort_month date, months_since integer, member_count bigint, active_member_count bigint, order_count bigint,
    net_sales_amount decimal(18, 2), retention_rate decimal(9, 4),
);

create table ops.file_ledger (
    file_id varchar, path varchar, sender_id varchar, feed varchar, source varchar, status varchar, reason varchar,
    remedy varchar, period_start date, period_end date, line_count bigint, loaded_rows bigint,
    quarantined_rows bigint, control_amount decimal(18, 2), first_seen_at timestamp, batch_id varchar,
);
create table ops.quarantined_rows (
    file_id varchar, path varchar, line bigint, column_name varchar, value varchar, reason varchar, remedy varchar,
    feed varchar, sender_id varchar,
);
create table ops.arrival_calendar (
    store_id varchar, source varchar, period_start date, period_end date, status varchar, file_id varchar,
    sender_id varchar, sender_name varchar, time_zone varchar, due_at timestamp, arrived_at timestamp, is_late boolean,
    missing_days varchar,
);
create table ops.gate_results (
    run_id varchar, gate varchar, suite varchar, rule varchar, severity varchar, success boolean, observed varchar,
    unexpected_count bigint, unexpected_rows varchar, checked_at timestamp,
);
create table ops.pipeline_runs (
    run_id varchar, stage varchar, status varchar, started_at timestamp, finished_at timestamp, counts json,
);
create table ops.publication (
    version varchar, published_at timestamp, as_of_date date, currency varchar,
);
