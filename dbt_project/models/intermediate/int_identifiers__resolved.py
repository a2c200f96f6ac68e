"""The rules of loopmart.identity, applied to all evidence."""

import os
from pathlib import Path

from loopmart.identity import resolve_identifiers


def model(dbt, session):
    """A row per identifier and period; see the yml."""
    dbt.config(materialized="table")
    return resolve_identifiers(
        session,
        dbt.ref("int_identity_edges__summed"),
        conflicts=dbt.ref("int_identity_conflicts__found"),
        decisions=Path(os.environ["LOOPMART_IDENTITY_DECISIONS"]),
    )
