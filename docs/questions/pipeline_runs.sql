-- How long did each stage take, and did it succeed?
select stage, status, started_at, finished_at - started_at as duration, error
from ops.pipeline_runs
order by started_at desc
limit 30;
