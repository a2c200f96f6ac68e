-- Which files were refused, why, and what should be done?
select path, reason, remedy
from ops.file_ledger
where status = 'refused'
order by path;

-- Is every line of every file accounted for?
select
    source,
    sum(line_count) as lines,
    sum(loaded_rows) as loaded,
    sum(quarantined_rows) as quarantined,
    sum(header_lines + preamble_lines + trailer_lines + blank_lines + continuation_lines) as structure
from ops.file_ledger
where status = 'loaded'
group by source
order by source;
