-- What the models give, in short: just enough of the warehouse's schemas for the suites of the gates.
create schema ops; create schema staging; create schema intermediate; create schema marts;
create table ops.build_state (built_through bigint);

create macro staging.of_feed(name) as table
select bronze.*
from read_parquet('${lake}/bronze/' || name || '/batch=*/*.parquet', hive_partitioning = true, hive_types_autocast = false)
    as bronze
semi join (select * from read_parquet('${lake}/manifest/build/active_files.parquet') where feed = name) as files
    on files.batch_id = bronze.batch and files.file_id = bronze._file_id;

create view staging.stg_bronze__pos_order_lines as select * from staging.of_feed('pos_order_lines');
create view staging.stg_bronze__cardholders as select * from staging.of_feed('cardholders');
create view staging.stg_bronze__products as select * from staging.of_feed('products');
create view staging.stg_bronze__campaigns as select * from staging.of_feed('campaigns');
create view staging.stg_bronze__campaign_targets as select * from staging.of_feed('campaign_targets');
create view staging.stg_bronze__coupon_redemptions as select * from staging.of_feed('coupon_redemptions');
create view staging.stg_bronze__campaign_spend as select * from staging.of_feed('campaign_spend');

create table intermediate.int_order_lines__keyed as
select
    store_id || '-' || order_id_source as order_id, line_number, store_id, order_id_source, ordered_at, business_date,
    product_id_source as product_id, card_token, quantity, gross_amount,
    (loyalty_discount_amount + coupon_match_amount + coalesce(store_discount_amount, 0))::decimal(18, 2) as discount_amount,
    loyalty_discount_amount, coupon_match_amount, store_discount_amount, coupon_amount, net_sales_amount, currency, _file_id as source_file_id, _line as source_line
from staging.stg_bronze__pos_order_lines;

create table intermediate.int_orders__aggregated as
select
    order_id, store_id, order_id_source, business_date, min(ordered_at) as ordered_at,
    'M' || substr(min(card_token), 1, 20) as member_id, count(distinct card_token)::int as card_count, sum(gross_amount)::decimal(18, 2) as gross_amount,
    sum(discount_amount)::decimal(18, 2) as discount_amount, sum(coupon_amount)::decimal(18, 2) as coupon_amount,
    sum(net_sales_amount)::decimal(18, 2) as net_sales_amount, min(currency) as currency, count(*) as item_count,
    true as is_purchase, 0::decimal(18, 2) as unitemised_amount, null::varchar as source_file_id
from intermediate.int_order_lines__keyed
group by order_id, store_id, order_id_source, business_date;

create table intermediate.int_products__keyed as
select product_id_source as product_id, false as is_unmapped from staging.stg_bronze__products;
create table intermediate.int_campaigns__keyed as
select campaign_id_source as campaign_id, channel, start_date, end_date, false as is_unmapped
from staging.stg_bronze__campaigns;

create table intermediate.int_identifiers__resolved as
select distinct
    card_token as identifier_token, 'M' || substr(card_token, 1, 20) as member_id,
    'M' || substr(card_token, 1, 20) as own_member_id
from (
    select card_token from staging.stg_bronze__campaign_targets
    union all
    select card_token from intermediate.int_order_lines__keyed where card_token is not null
);
create table marts.member_identifiers as select * from intermediate.int_identifiers__resolved;

create table marts.products as select * from intermediate.int_products__keyed;
create table marts.order_items as
select
    order_id, line_number, product_id, business_date, quantity, gross_amount, discount_amount, coupon_amount,
    net_sales_amount, source_file_id, source_line
from intermediate.int_order_lines__keyed;
create table marts.orders as
select
    *, member_id is not null
    and row_number() over (partition by member_id order by ordered_at, order_id) = 1 as is_first_order
from intermediate.int_orders__aggregated;
create table marts.stores as
select stores.store_id, stores.currency, count(orders.order_id) as order_count, sum(orders.net_sales_amount) as net_sales_amount
from read_parquet('${lake}/manifest/build/stores.parquet') as stores
left join marts.orders as orders on orders.store_id = stores.store_id
group by all;

create table marts.campaign_touches as
select
    'T-' || campaign_id_source || '-M' || substr(card_token, 1, 20) as touch_id, campaign_id_source as campaign_id,
    'M' || substr(card_token, 1, 20) as member_id, 'target' as kind, _file_id as source_file_id, _line as source_line
from staging.stg_bronze__campaign_targets;
create table marts.coupon_redemptions as
select
    'R-' || redemptions._line as redemption_id, redemptions.campaign_id_source as campaign_id,
    'M' || substr(redemptions.card_token, 1, 20) as member_id, redemptions.redemption_date,
    min(orders.order_id) as order_id,
    case when min(orders.order_id) is not null then 'first order of the day' end as match_basis,
    redemptions._file_id as source_file_id, redemptions._line as source_line
from staging.stg_bronze__coupon_redemptions as redemptions
left join marts.orders as orders
    on orders.member_id = 'M' || substr(redemptions.card_token, 1, 20) and orders.business_date = redemptions.redemption_date
group by all;

create table marts.members as
with seen as (
    select 'M' || substr(card_token, 1, 20) as member_id from staging.stg_bronze__cardholders
    union
    select member_id from marts.orders where member_id is not null
    union
    select member_id from marts.campaign_touches
    union
    select member_id from marts.coupon_redemptions
)
select
    seen.member_id, date_trunc('month', min(orders.business_date))::date as cohort_month,
    min(orders.ordered_at) as first_order_at, count(orders.order_id) as order_count,
    coalesce(sum(orders.net_sales_amount), 0)::decimal(18, 2) as net_sales_amount
from seen
left join marts.orders as orders on orders.member_id = seen.member_id
group by all;
create table marts.member_cohorts as
select
    members.cohort_month, 0 as months_since, count(distinct members.member_id) as member_count,
    count(*) as order_count, sum(orders.net_sales_amount)::decimal(18, 2) as net_sales_amount
from marts.members as members
inner join marts.orders as orders on orders.member_id = members.member_id
group by all;

create table marts.campaign_spend_daily as
select campaign_id_source as campaign_id, currency, sum(amount)::decimal(18, 2) as amount
from staging.stg_bronze__campaign_spend
group by all;
create table marts.campaigns as
select
    campaigns.campaign_id, campaigns.channel, sum(spend.amount)::decimal(18, 2) as spend_amount,
    min(spend.currency) as currency
from intermediate.int_campaigns__keyed as campaigns
left join staging.stg_bronze__campaign_spend as spend on spend.campaign_id_source = campaigns.campaign_id
group by campaigns.campaign_id, campaigns.channel;
create table marts.order_attributions as
select
    orders.order_id, touches.campaign_id, touches.touch_id, 'last_touch' as method, 1::decimal(18, 6) as credit,
    orders.net_sales_amount as attributed_net_sales_amount
from marts.orders as orders
inner join marts.campaign_touches as touches on touches.member_id = orders.member_id
qualify row_number() over (partition by orders.order_id order by touches.campaign_id) = 1
union all
select
    orders.order_id, redemptions.campaign_id, redemptions.redemption_id, 'coupon_coded', 1::decimal(18, 6),
    orders.net_sales_amount
from marts.orders as orders
inner join marts.coupon_redemptions as redemptions on redemptions.order_id = orders.order_id
qualify row_number() over (partition by orders.order_id order by redemptions.campaign_id) = 1;
create table intermediate.int_attribution_methods__listed as select unnest(['coupon_coded', 'last_touch']) as method;
create table intermediate.int_experiments__concluded as
select 'campaign' as subject_type, campaign_id as subject_id, unnest(['targeted_vs_never_targeted', 'holdout']) as method
from marts.campaigns;
create table marts.campaign_roi as
with methods as (
    select method, 'allocated' as method_family from intermediate.int_attribution_methods__listed
    union all
    select distinct method, 'measured' from intermediate.int_experiments__concluded
)
select
    campaigns.campaign_id, campaigns.channel, methods.method, methods.method_family,
    campaigns.spend_amount as cost_amount, 'CNY' as currency,
    case when methods.method_family = 'allocated' then coalesce(sum(attributed_net_sales_amount), 0) end
        ::decimal(18, 2) as attributed_net_sales_amount
from marts.campaigns as campaigns
cross join methods
left join marts.order_attributions as attributions
    on attributions.campaign_id = campaigns.campaign_id and attributions.method = methods.method
group by campaigns.campaign_id, campaigns.channel, methods.method, methods.method_family, campaigns.spend_amount;
create table marts.channel_roi as
select
    channel, method, method_family, sum(cost_amount) as cost_amount,
    sum(attributed_net_sales_amount) as attributed_net_sales_amount
from marts.campaign_roi
group by all;

create table marts.store_daily_sales as
with owed as (
    select store_id, period_start as business_date, count(*) as expected_file_count,
        count(*) filter (status = 'missing') as missing_file_count
    from read_parquet('${lake}/manifest/build/expected_files.parquet') group by all
)
select
    owed.store_id, owed.business_date, nullif(count(orders.order_id), 0) as order_count,
    sum(orders.gross_amount) as gross_amount, sum(orders.discount_amount) as discount_amount,
    sum(orders.net_sales_amount) as net_sales_amount,
    sum(orders.net_sales_amount) filter (orders.member_id is not null) as identified_net_sales_amount,
    owed.expected_file_count, owed.missing_file_count, owed.missing_file_count as missing_sales_file_count,
    owed.missing_file_count = 0 as is_complete
from owed
left join marts.orders as orders on orders.store_id = owed.store_id and orders.business_date = owed.business_date
group by owed.store_id, owed.business_date, owed.expected_file_count, owed.missing_file_count;

create table intermediate.int_payments__keyed as
select
    'wechat-payment-' || order_id as payment_id, store_id, 'wechat' as payment_channel, business_date, currency,
    net_sales_amount as amount, 0.01::decimal(18, 2) as fee_amount, 'bill' as origin
from marts.orders;
create table marts.settlement_daily as
select
    store_id, payment_channel, business_date, currency, sum(amount)::decimal(18, 2) as gross_amount,
    0::decimal(18, 2) as refund_amount, sum(fee_amount)::decimal(18, 2) as fee_amount,
    sum(amount - fee_amount)::decimal(18, 2) as net_to_arrive_amount
from intermediate.int_payments__keyed
group by all;

create table intermediate.int_tenders__keyed as
select
    order_id || '-1' as tender_id, store_id, 'wechat' as payment_channel, business_date, currency,
    net_sales_amount as amount, true as is_billed
from marts.orders;
create table marts.payment_reconciliation as
select
    'till-' || order_id || '-1' as reconciliation_id, store_id, business_date, 'wechat' as payment_channel, currency,
    'wechat-payment-' || order_id as payment_id, net_sales_amount as pos_amount, net_sales_amount as bill_amount,
    0::decimal(18, 2) as difference_amount, 'closed' as status, null::varchar as bill_source_file_id
from marts.orders;
create table marts.payment_reconciliation_daily as
select
    store_id, business_date, payment_channel, currency, count(*) as row_count,
    sum(difference_amount)::decimal(18, 2) as difference_amount, 0 as open_count
from marts.payment_reconciliation
group by all;
