-- Welch's interval for a difference of two means; 1.959964 is the 97.5 % point of the normal distribution.
-- Sources: B. L. Welch, Biometrika 34 (1947) 28-35; NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.5.3.
{% set normal_quantile = 1.959964 %}
{% set least_members = 30 %}

with

subjects as (
    select * from {{ ref('int_comparison_subjects__dated') }}
),

arms as (
    select * from {{ ref('int_comparison_arms__measured') }}
),

paired as (
    select
        subjects.subject_type,
        subjects.subject_id,
        subjects.window_day_count,
        subjects.loaded_day_count,
        coalesce(targeted.member_count, 0) as targeted_count,
        coalesce(control.member_count, 0) as control_count,
        targeted.net_sales_amount as targeted_sum,
        control.net_sales_amount as control_sum,
        {{ sample_variance('targeted.member_count', 'targeted.net_sales_amount', 'targeted.net_sales_square_sum') }}
            as targeted_variance,
        {{ sample_variance('control.member_count', 'control.net_sales_amount', 'control.net_sales_square_sum') }}
            as control_variance
    from subjects
    left join arms as targeted
        on
            subjects.subject_type = targeted.subject_type
            and subjects.subject_id = targeted.subject_id
            and targeted.is_targeted
    left join arms as control
        on
            subjects.subject_type = control.subject_type
            and subjects.subject_id = control.subject_id
            and not control.is_targeted
),

explained as (
    select
        *,
        case
            when window_day_count = 0
                then 'the campaign list does not give the dates'
            when loaded_day_count = 0
                then 'the window lies wholly outside the loaded business dates'
            when loaded_day_count < window_day_count
                then
                    'the window lies partly outside the loaded business dates ('
                    || cast(loaded_day_count as string) || ' of ' || cast(window_day_count as string)
                    || ' days are loaded)'
        end as window_lack,
        case
            when targeted_count < {{ least_members }}
                then 'members targeted: ' || cast(targeted_count as string) || ' of at least {{ least_members }}'
        end as targeted_lack,
        case
            when control_count < {{ least_members }}
                then 'members never targeted: ' || cast(control_count as string) || ' of at least {{ least_members }}'
        end as control_lack
    from paired
),

-- The difference of the means times the members targeted, with its standard error.
compared as (
    select
        *,
        nullif(concat_ws('; ', window_lack, targeted_lack, control_lack), '') as lack,
        cast(control_sum as decimal(20, 2)) * cast(targeted_count as decimal(9, 0)) as control_product,
        cast(targeted_sum as double)
        - cast(control_sum as double) * cast(targeted_count as double) / nullif(cast(control_count as double), 0)
            as interval_centre,
        cast(targeted_count as double) * sqrt(
            targeted_variance / nullif(cast(targeted_count as double), 0)
            + control_variance / nullif(cast(control_count as double), 0)
        ) as standard_error
    from explained
),

-- The interval is laid around the unrounded difference, so that nothing is rounded twice.
measured as (
    select
        subject_type,
        subject_id,
        cast(targeted_sum - {{ exact_ratio('control_product', 'control_count', 2) }} as decimal(18, 2)) as incremental,
        cast(round(interval_centre - {{ normal_quantile }} * standard_error, 2) as decimal(18, 2)) as low,
        cast(round(interval_centre + {{ normal_quantile }} * standard_error, 2) as decimal(18, 2)) as high
    from compared
    where lack is null
),

final as (
    select
        compared.subject_type,
        compared.subject_id,
        compared.targeted_count as targeted_member_count,
        compared.control_count as control_member_count,
        measured.incremental as incremental_net_sales_amount,
        measured.low as incremental_low,
        measured.high as incremental_high,
        case when compared.lack is null then 'not causal' else 'not enough data' end as verdict,
        coalesce(
            compared.lack,
            'targeting was not random: the members chosen may have differed without the campaign'
        ) as verdict_reason,
        compared.window_lack
    from compared
    left join measured
        on
            compared.subject_type = measured.subject_type
            and compared.subject_id = measured.subject_id
)

select * from final
