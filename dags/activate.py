"""Export an audience: whom a campaign reaches again, without who is held out for comparison or may not be reached.

Starts from its form alone, never by itself: somebody decides that these people are written to. It writes the files for
the tools that send into `exports/`, and a record into landing, which the next night takes in; from then on
`audience_outcomes` tells what it brought. The same audience and day again changes nothing.

Try a new audience with *dry run* first: the log says how many would be reached, held out and left out, and why.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, task

from support.defaults import DAG_DEFAULTS
from support.form import ACTIVATE_FORM


@dag(schedule=None, params=ACTIVATE_FORM, doc_md=__doc__, tags=["loopmart", "activate"], **DAG_DEFAULTS)
def activate() -> None:
    """One task: the export."""

    @task
    def export_audience(params: dict[str, Any] | None = None) -> dict[str, int]:
        from datetime import date

        from loopmart.audience.run import export_audience as export
        from loopmart.settings import Settings

        asked = params or {}
        on = date.fromisoformat(asked["export_date"]) if asked.get("export_date") else None
        done = export(Settings.load(), asked["audience"], on, dry_run=asked.get("dry_run", False))
        return done.describe_counts()

    export_audience()


activate()
