"""The methods of loopmart.incrementality, applied to every campaign and channel."""

from loopmart.incrementality.tables import tabulate_findings


def model(dbt, session):
    """One row per campaign, or channel, and method."""
    dbt.config(materialized="table")
    return tabulate_findings(
        dbt.ref("int_comparison_subjects__dated"),
        dbt.ref("int_comparison_arms__measured"),
        dbt.ref("int_comparison_stores__summed"),
    )
