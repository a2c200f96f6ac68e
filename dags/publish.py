"""Show the marts to their readers: a copy of the warehouse and the morning page, swapped in as one.

Starts by itself when **build** has passed gate 3. Readers see the old version until the new one is whole; the
versions before it are kept, and `loopmart publish --rollback` brings the last one back.
"""

from __future__ import annotations

from airflow.sdk import dag, task

from support.defaults import DAG_DEFAULTS, WAREHOUSE_POOL
from support.handover import PUBLISHED, WAREHOUSE, hand_on


@dag(schedule=[WAREHOUSE], doc_md=__doc__, tags=["loopmart", "publish"], **DAG_DEFAULTS)
def publish() -> None:
    """Publish the warehouse as a new version."""

    @task(task_id="publish", pool=WAREHOUSE_POOL, outlets=[PUBLISHED])
    def publish_version() -> str:
        from loopmart.publish.run import publish as publish_marts
        from loopmart.settings import Settings

        version = publish_marts(Settings.load())
        hand_on(PUBLISHED)
        return version

    publish_version()


publish()
