-- Did it work? Of the exports whose window has closed, how many brought net sales that are beyond doubt, and how much?
select
    count(*) filter (where is_window_closed) as closed_count,
    count(*) filter (where verdict = 'measured gain') as gain_count,
    count(*) filter (where verdict = 'measured loss') as loss_count,
    sum(total_lift) filter (where verdict = 'measured gain') as total_lift,
    sum(total_lift_low) filter (where verdict = 'measured gain') as total_lift_low,
    sum(total_lift_high) filter (where verdict = 'measured gain') as total_lift_high
from marts.audience_outcomes
where measure = 'net_sales';
