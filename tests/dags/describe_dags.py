"""Load a folder of DAGs in a process of its own, as Airflow does, and print what they are as JSON.

python describe_dags.py FOLDER
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any


def describe(folder: Path) -> dict[str, Any]:
    """What stands in `folder`: DAGs, errors, the modules that parsing brought in, CPU seconds against Airflow's own."""
    begin = time.process_time()
    from airflow.dag_processing.dagbag import BundleDagBag
    from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator  # noqa: F401

    imported = time.process_time()
    before = set(sys.modules)
    bag = BundleDagBag(folder, bundle_path=folder, bundle_name="dags-folder")
    parsed = time.process_time()
    return {
        "errors": bag.import_errors,
        "new_modules": sorted(set(sys.modules) - before),
        "import_seconds": imported - begin,
        "parse_seconds": parsed - imported,
        "dags": {dag_id: describe_dag(dag) for dag_id, dag in bag.dags.items()},
    }


def describe_dag(dag: Any) -> dict[str, Any]:
    """One DAG as plain values."""
    return {
        "file": Path(dag.fileloc).name,
        "doc_md": dag.doc_md,
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "tags": sorted(dag.tags),
        "params": {name: dag.params.get_param(name).dump() for name in dag.params},
        "tasks": {task.task_id: describe_task(task) for task in dag.tasks},
    }


def describe_task(task: Any) -> dict[str, Any]:
    """One task as plain values; a mapped one keeps its arguments in `partial_kwargs`."""
    return {
        "owner": task.owner,
        "retries": task.retries,
        "retry_delay": task.retry_delay.total_seconds(),
        "retry_rules": _read_rules(getattr(task, "partial_kwargs", {}).get("retry_policy") or task.retry_policy),
        "has_timeout": task.execution_timeout is not None,
        "pool": task.pool,
        "trigger_rule": task.trigger_rule.value,
        "outlets": [asset.name for asset in task.outlets],
        "mode": getattr(task, "mode", None),
    }


def _read_rules(policy: Any) -> list[str]:
    """What is done about which error; the first rule that fits an error holds."""
    return [f"{rule.action.value} {rule.exception_path}" for rule in policy.rules] if policy else []


if __name__ == "__main__":
    print(json.dumps(describe(Path(sys.argv[1])), default=str))
