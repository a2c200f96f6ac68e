"""The figures by which loopmart.identity judges a resolve."""

from loopmart.identity import measure_quality


def model(dbt, session):
    """A row per measure and detail; see the yml."""
    dbt.config(materialized="table")
    return measure_quality(session, dbt.ref("int_identifiers__resolved"))
