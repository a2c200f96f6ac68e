"""The comparison of loopmart.outcomes, applied to the sums of each export."""

from loopmart.outcomes.tables import tabulate_outcomes


def model(dbt, session):
    """One row per export and measure; see the yml."""
    dbt.config(materialized="table")
    return tabulate_outcomes(dbt.ref("int_audience_exports__dated"), dbt.ref("int_audience_arms__measured"))
