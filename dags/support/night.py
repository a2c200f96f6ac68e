"""How the nightly follows its work through DAGs that it does not trigger itself."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseSensorOperator
from airflow.sdk.exceptions import AirflowFailException

from support.handover import PUBLISHED

FOLLOWED = ("build", "publish")


def remember_failures(context: Any) -> None:
    """Note how many runs of the DAGs behind ingest have failed before this night."""
    context["ti"].xcom_push("failed_before", _count_failures(context["ti"]))


class PublicationSensor(BaseSensorOperator):
    """Waits for a publication that covers the ingest run which task `trigger_ingest` set off.

    Raises:
        AirflowFailException: ingest failed, or build or publish has failed since the night began.
    """

    def poke(self, context: Any) -> bool:
        """Whether it is there; asked again and again."""
        ti = context["ti"]
        ingest_run = ti.xcom_pull(task_ids="trigger_ingest", key="trigger_run_id")
        if ti.get_dagrun_state("ingest", ingest_run) == "failed":
            raise AirflowFailException(f"ingest failed: open its run {ingest_run}; nothing new was published")
        published = context["inlet_events"][PUBLISHED].after(context["dag_run"].start_date.isoformat())
        if any(ingest_run in event.extra.get("runs", []) for event in published):
            return True
        before = ti.xcom_pull(task_ids="trigger_ingest", key="failed_before")
        for dag_id, count in _count_failures(ti).items():
            if count > before[dag_id]:
                raise AirflowFailException(f"{dag_id} failed: open its last run; the old publication stays")
        return False


def _count_failures(ti: Any) -> dict[str, int]:
    return {dag_id: ti.get_dr_count(dag_id=dag_id, states=["failed"]) for dag_id in FOLLOWED}
