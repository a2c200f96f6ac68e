"""The rules of loopmart.identity, applied to evidence: to all of it at first, then to what changed."""

import os
from pathlib import Path

from loopmart.identity import resolve_affected, resolve_identifiers


def model(dbt, session):
    """A row per identifier and period; see the yml."""
    dbt.config(materialized="incremental", incremental_strategy="delete+insert", unique_key="identifier_key")
    evidence = {
        "conflicts": dbt.ref("int_identity_conflicts__found"),
        "decisions": Path(os.environ["LOOPMART_IDENTITY_DECISIONS"]),
    }
    edges = dbt.ref("int_identity_edges__summed")
    if dbt.is_incremental:
        return resolve_affected(session, edges, f"{dbt.this}", **evidence)
    return resolve_identifiers(session, edges, **evidence)
