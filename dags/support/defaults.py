"""What every DAG has in common: owner, limits, how often a task is tried, which errors no retry can cure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

WAREHOUSE_POOL = "warehouse"  # one slot: the warehouse is a DuckDB file, which has one writer

REFUSALS_ARE_FINAL = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception="loopmart.errors.RemoteUnavailable",
            action=RetryAction.RETRY,
            reason="a server did not answer: it may do so in a moment",
        ),
        RetryRule(
            exception="loopmart.errors.LoopmartError",
            action=RetryAction.FAIL,
            reason="the data or a contract was refused: the same run again would be refused again",
        ),
    ]
)

DAG_DEFAULTS: dict[str, Any] = {
    "catchup": False,
    "max_active_runs": 1,
    "default_args": {
        "owner": "loopmart",
        "retries": 2,
        "retry_delay": timedelta(seconds=10),
        "retry_policy": REFUSALS_ARE_FINAL,
        "execution_timeout": timedelta(hours=6),
    },
}
