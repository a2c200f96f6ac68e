-- How many points do members hold at the end of each issuer's last day, and what was issued and redeemed in all?
select
    count(distinct issuer) as issuer_count, max(business_date) as business_date,
    sum(closing_points) filter (where business_date = last_date) as closing_points,
    sum(issued_points) as issued_points, sum(redeemed_points) as redeemed_points
from (select *, max(business_date) over (partition by issuer) as last_date from marts.points_liability_daily);
