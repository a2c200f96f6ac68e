"""Make the marts from the lake: staging, gate 2, marts, gate 3.

Starts by itself when **ingest** has passed gate 1. Only what changed is rebuilt; the form can ask for a range
of business dates or for everything, and the result is the same row for row. Each layer is one dbt run, in the
pool `warehouse` of one slot, because the warehouse file has one writer.

When gate 3 passes, **publish** starts by itself. A refused gate leaves the last publication as it is.
"""

from __future__ import annotations

from airflow.sdk import chain, dag, task

from support.defaults import DAG_DEFAULTS, WAREHOUSE_POOL
from support.form import BUILD_FORM
from support.handover import LAKE, WAREHOUSE, hand_on, read_build_options


@dag(schedule=[LAKE], params=BUILD_FORM, doc_md=__doc__, tags=["loopmart", "build"], **DAG_DEFAULTS)
def build() -> None:
    """Wire staging → gate 2 → marts → gate 3 → done."""

    @task(pool=WAREHOUSE_POOL)
    def build_staging() -> dict[str, int]:
        from loopmart.settings import Settings
        from loopmart.transform.run import build_staging as run_staging

        return run_staging(Settings.load(), **read_build_options())

    @task(pool=WAREHOUSE_POOL)
    def check_staging() -> dict[str, int]:
        from loopmart.gates.run import check_staging as check
        from loopmart.settings import Settings

        return check(Settings.load()).counts

    @task(pool=WAREHOUSE_POOL)
    def build_marts() -> dict[str, int]:
        from loopmart.settings import Settings
        from loopmart.transform.run import build_marts as run_marts

        return run_marts(Settings.load(), full_refresh=read_build_options()["full_refresh"])

    @task(pool=WAREHOUSE_POOL)
    def check_marts() -> dict[str, int]:
        from loopmart.gates.run import check_marts as check
        from loopmart.settings import Settings

        return check(Settings.load()).counts

    @task(pool=WAREHOUSE_POOL, outlets=[WAREHOUSE])
    def finish_build() -> None:
        from loopmart.settings import Settings
        from loopmart.transform.run import finish_build as finish

        finish(Settings.load())
        hand_on(WAREHOUSE)

    chain(build_staging(), check_staging(), build_marts(), check_marts(), finish_build())


build()
