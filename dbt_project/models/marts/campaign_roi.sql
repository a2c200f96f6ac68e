{% set compared = {
    'control_member_count': 'bigint', 'control_store_count': 'bigint', 'naive_net_sales_amount': 'decimal(18, 2)',
    'incremental_net_sales_amount': 'decimal(18, 2)', 'incremental_low': 'decimal(18, 2)',
    'incremental_high': 'decimal(18, 2)', 'confidence_level': 'decimal(9, 4)', 'needed_member_count': 'bigint',
    'needed_store_count': 'bigint'
} %}

with

campaigns as (
    select * from {{ ref('campaigns') }}
),

methods as (
    select * from {{ ref('int_attribution_methods__listed') }}
),

order_attributions as (
    select * from {{ ref('order_attributions') }}
),

experiments as (
    select * from {{ ref('int_experiments__concluded') }}
    where subject_type = 'campaign'
),

allocations as (
    select
        campaign_id,
        method,
        sum(attributed_net_sales_amount) as attributed_net_sales_amount,
        case when count(attributed_margin_amount) = count(*) then sum(attributed_margin_amount) end
            as attributed_margin_amount
    from order_attributions
    group by campaign_id, method
),

allocated as (
    select
        campaigns.*,
        methods.method,
        'allocated' as method_family,
        coalesce(allocations.attributed_net_sales_amount, 0) as attributed_net_sales_amount,
        case when allocations.campaign_id is null then 0 else allocations.attributed_margin_amount end
            as attributed_margin_amount,
        {%- for column, type in compared.items() %}
            cast(null as {{ type }}) as {{ column }},
        {%- endfor %}
        'allocated only' as verdict,
        'orders are shared out by a rule: what would have been bought without the campaign is not known'
        || coalesce('; ' || naive.window_lack, '') as verdict_reason
    from campaigns
    cross join methods
    left join experiments as naive
        on
            campaigns.campaign_id = naive.subject_id
            and naive.method = 'targeted_vs_never_targeted'
    left join allocations
        on
            campaigns.campaign_id = allocations.campaign_id
            and methods.method = allocations.method
),

measured as (
    select
        campaigns.*,
        experiments.method,
        case
            when experiments.method = 'targeted_vs_never_targeted' then 'compared'
            else 'measured'
        end as method_family,
        cast(null as decimal(18, 2)) as attributed_net_sales_amount,
        cast(null as decimal(18, 2)) as attributed_margin_amount,
        {%- for column in compared %}
            experiments.{{ column }},
        {%- endfor %}
        experiments.verdict,
        experiments.verdict_reason
    from campaigns
    inner join experiments on campaigns.campaign_id = experiments.subject_id
),

united as (
    select * from allocated
    union all
    select * from measured
),

final as (
    select
        campaign_id,
        channel,
        method,
        method_family,
        spend_amount as cost_amount,
        spend_basis as cost_basis,
        currency,
        target_member_count as reached_member_count,
        control_member_count,
        control_store_count,
        cast(attributed_net_sales_amount as decimal(18, 2)) as attributed_net_sales_amount,
        cast(attributed_margin_amount as decimal(18, 2)) as attributed_margin_amount,
        naive_net_sales_amount,
        incremental_net_sales_amount,
        incremental_low,
        incremental_high,
        confidence_level,
        {{ return_on('coalesce(attributed_net_sales_amount, incremental_net_sales_amount)', 'spend_amount') }} as roi,
        {{ return_on('incremental_low', 'spend_amount') }} as roi_low,
        {{ return_on('incremental_high', 'spend_amount') }} as roi_high,
        {{ return_on('attributed_margin_amount', 'spend_amount') }} as margin_roi,
        needed_member_count,
        needed_store_count,
        verdict,
        verdict_reason || coalesce('; ' || spend_lack, '') as verdict_reason
    from united
)

select * from final
