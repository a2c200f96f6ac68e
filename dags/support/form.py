"""The fields of the trigger form: one wording and one schema for every DAG that shows them."""

from __future__ import annotations

from airflow.sdk import Param

DATE = ["null", "string"]

BUILD_FORM = {
    "from_date": Param(
        None,
        type=DATE,
        format="date",
        title="From business date",
        description="First business date to rebuild though none of its files changed. Empty: only what changed.",
    ),
    "to_date": Param(
        None,
        type=DATE,
        format="date",
        title="To business date",
        description="Last business date to rebuild, inclusive. Empty: up to the newest.",
    ),
    "full_refresh": Param(
        False,
        type="boolean",
        title="Full refresh",
        description="Rebuild every model from the lake. The result is the same; it only takes longer.",
    ),
}

INGEST_FORM = {
    "stores": Param(
        [],
        type="array",
        items={"type": "string"},
        title="Stores",
        description="Store ids whose files to take in, one a line. Empty: every store and the chain.",
    ),
    **BUILD_FORM,
}

ACTIVATE_FORM = {
    "audience": Param(
        "lapsed",
        type="string",
        minLength=1,
        title="Audience",
        description="Name of an audience, as `loopmart audience list` shows it; it cannot be empty.",
    ),
    "export_date": Param(
        None,
        type=DATE,
        format="date",
        title="Day of the export",
        description="The day on which the messages go out. Empty: today on the clock of the head office.",
    ),
    "dry_run": Param(
        False,
        type="boolean",
        title="Dry run",
        description="Count who would be reached, held out and left out, and write nothing. Off: the export is done.",
    ),
}
