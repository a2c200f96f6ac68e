"""What the models of loopmart.value say of each member, where the checks let them."""

from loopmart.value.tables import tabulate_predictions


def model(dbt, session):
    """One row per member with an order."""
    dbt.config(materialized="table")
    return tabulate_predictions(dbt.ref("int_orders__aggregated"), dbt.ref("int_value_fit__checked"))
