"""Take in the files that arrived: landing → bronze, then gate 1.

0. `pull` fetches what is new on the servers of `pulls.yaml`, if there are any. When it fails, the rest goes on with
   what is there: the task is red and says which server, and the next run fetches what this one could not.
1. `discover` records what lies in `landing/` and names the feeds that have files to load.
2. `load`, one task per feed, reads, validates and commits them; rows that are refused go to the quarantine.
3. `check_landing` is gate 1. It runs also when nothing was pending, and never after a load that failed.

When the gate passes, **build** starts by itself. A refused gate is not retried: read its log, mend the file
or the contract, then clear the task.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, task

from support.defaults import DAG_DEFAULTS, WAREHOUSE_POOL
from support.form import INGEST_FORM
from support.handover import LAKE, hand_on


@dag(schedule=None, params=INGEST_FORM, doc_md=__doc__, tags=["loopmart", "ingest"], **DAG_DEFAULTS)
def ingest() -> None:
    """Wire pull → discover → load per feed → gate 1."""

    @task
    def pull() -> dict[str, dict[str, int]]:
        from loopmart.pull.report import raise_failures
        from loopmart.pull.run import pull_files
        from loopmart.settings import Settings

        reports = pull_files(Settings.load())
        raise_failures(reports)
        return {report.name: report.counts() for report in reports}

    @task(trigger_rule="all_done")
    def discover(params: dict[str, Any] | None = None) -> list[str]:
        from loopmart.ingest.run import discover as find_pending
        from loopmart.settings import Settings

        return sorted(find_pending(Settings.load(), stores=(params or {}).get("stores") or None))

    @task(map_index_template="{{ task.op_kwargs['feed'] }}")
    def load(feed: str) -> dict[str, int]:
        from loopmart.ingest.run import load_feed
        from loopmart.settings import Settings

        return load_feed(Settings.load(), feed).counts()

    @task(pool=WAREHOUSE_POOL, outlets=[LAKE], trigger_rule="none_failed")
    def check_landing() -> dict[str, int]:
        from loopmart.gates.run import check_landing as check
        from loopmart.settings import Settings

        report = check(Settings.load())
        hand_on(LAKE)
        return report.counts

    pending = discover()
    pull() >> pending
    load.expand(feed=pending) >> check_landing()


ingest()
