"""The review list of loopmart.duplicates over the member lists that count."""

import os
from pathlib import Path

from loopmart.duplicates.review import list_possible_duplicates


def model(dbt, session):
    """One row per pair of entries that may be one person."""
    dbt.config(materialized="table")
    return list_possible_duplicates(
        session,
        dbt.ref("stg_bronze__member_list"),
        dbt.ref("int_identifiers__resolved"),
        decisions=Path(os.environ["LOOPMART_IDENTITY_DECISIONS"]),
    )
