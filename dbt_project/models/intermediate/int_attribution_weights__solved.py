"""Shapley values and removal effects of loopmart.attribution, over the paths to orders and to none."""

from loopmart.attribution.weights import tabulate_weights


def model(dbt, session):
    """One row per campaign on the path of an order."""
    dbt.config(materialized="table")
    return tabulate_weights(dbt.ref("int_attribution_paths__placed"), dbt.ref("int_attribution_null_paths__placed"))
