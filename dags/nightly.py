"""The whole night in one run: ingest → build → publish, at 02:30 in the stores' time zone, or when triggered.

It triggers **ingest** with what the form says and then waits: the DAGs behind ingest start each other. It is
green when a publication covers the files of this night, and red as soon as one of the three has failed.
The time zone is `LOOPMART_TIME_ZONE` (default Asia/Shanghai).
"""

from __future__ import annotations

import os

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import CronTriggerTimetable, dag

from support.defaults import DAG_DEFAULTS
from support.form import INGEST_FORM
from support.handover import PUBLISHED
from support.night import PublicationSensor, remember_failures

TIME_ZONE = os.environ.get("LOOPMART_TIME_ZONE", "Asia/Shanghai")


@dag(
    schedule=CronTriggerTimetable("30 2 * * *", timezone=TIME_ZONE),
    params=INGEST_FORM,
    doc_md=__doc__,
    tags=["loopmart", "nightly"],
    **DAG_DEFAULTS,
)
def nightly() -> None:
    """Trigger ingest, then wait for the publication that covers it."""
    trigger_ingest = TriggerDagRunOperator(
        task_id="trigger_ingest",
        trigger_dag_id="ingest",
        trigger_run_id="night__{{ run_id }}__{{ ti.try_number }}",
        conf="{{ params | tojson }}",
        pre_execute=remember_failures,
    )
    wait_for_publication = PublicationSensor(
        task_id="wait_for_publication",
        inlets=[PUBLISHED],
        mode="poke",  # it holds one worker; a sensor that gives it back may be failed wrongly by Airflow 3.3
        poke_interval=2,
        timeout=6 * 3600,
    )
    trigger_ingest >> wait_for_publication


nightly()
