"""The rules that every DAG of this project keeps. A message says which rule is broken, where, and how to mend it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROJECT

DAGS = PROJECT / "dags"
DESCRIBE = Path(__file__).with_name("describe_dags.py")
MAX_LINES = 80
HEAVY = frozenset(
    {"altair", "dbt", "duckdb", "great_expectations", "numpy", "pandas", "pyarrow", "python_calamine", "vl_convert"}
)
WITHOUT_WAREHOUSE = frozenset(
    {
        "activate.export_audience",
        "ingest.pull",
        "ingest.discover",
        "ingest.load",
        "nightly.trigger_ingest",
        "nightly.wait_for_publication",
    }
)
Facts = dict[str, Any]


def load_dags(folder: Path, home: Path) -> Facts:
    """What Airflow finds in a folder."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW_", "LOOPMART_", "PYTHONDONTWRITE"))}
    env |= {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    shown = subprocess.run([sys.executable, DESCRIBE, folder], env=env, capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    return {"folder": folder, **json.loads(shown.stdout.splitlines()[-1])}


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return load_dags(DAGS, tmp_path_factory.mktemp("airflow"))


def find_missing_dags(facts: Facts) -> Iterator[str]:
    if not facts["dags"]:
        yield f"{facts['folder']}: no DAG at all; the folder is wrong, or every file is ignored"
    for file, error in facts["errors"].items():
        yield f"{file} cannot be imported: mend it\n{error}"
    for path in facts["folder"].glob("*.py"):
        if path.stem not in facts["dags"]:
            yield f"{path.name}: a DAG file is named after its one dag_id; there is no DAG {path.stem!r}"
    for dag_id, dag in facts["dags"].items():
        if dag["file"] != f"{dag_id}.py":
            yield f"{dag['file']}: has DAG {dag_id!r}; give it a file of its own, {dag_id}.py"


def find_long_files(facts: Facts) -> Iterator[str]:
    for path in facts["folder"].rglob("*.py"):
        count = len(path.read_text().splitlines())
        if count > MAX_LINES:
            yield f"{path.name}: {count} lines; a DAG is wiring only, ≤ {MAX_LINES}: move the work to src/loopmart"


def find_undocumented(facts: Facts) -> Iterator[str]:
    for dag_id, dag in facts["dags"].items():
        if len(dag["doc_md"] or "") < 80:
            yield f"{dag_id}: has no page in the UI; write the file's docstring and pass doc_md=__doc__"
        if "loopmart" not in dag["tags"]:
            yield f"{dag_id}: add tags=['loopmart', …]"
        for name, param in dag["params"].items():
            if not param["schema"].get("title") or not param["schema"].get("type"):
                yield f"{dag_id}: param {name} needs a title and a type, else the form cannot check it"
            if len(param["description"] or "") < 20:
                yield f"{dag_id}: param {name} needs a description that says what an empty field means"


def find_loose_runs(facts: Facts) -> Iterator[str]:
    for dag_id, dag in facts["dags"].items():
        if dag["catchup"]:
            yield f"{dag_id}: set catchup=False; a missed night is made up by the next one"
        if dag["max_active_runs"] != 1:
            yield f"{dag_id}: set max_active_runs=1; two builds at once would fight for the warehouse"


def find_loose_tasks(facts: Facts) -> Iterator[str]:
    for name, task in _tasks(facts):
        if task["owner"] != "loopmart":
            yield f"{name}: owner is {task['owner']!r}; use DAG_DEFAULTS of support.defaults"
        if task["retries"] < 2 or task["retry_delay"] < 5:
            yield f"{name}: needs retries ≥ 2, 5 s or more apart; a killed worker is normal"
        if "fail loopmart.errors.LoopmartError" not in task["retry_rules"]:
            yield f"{name}: retries what was refused; use retry_policy=REFUSALS_ARE_FINAL of support.defaults"
        if not task["has_timeout"]:
            yield f"{name}: needs an execution_timeout; a task that hangs would stop all nights"
        if task["mode"] not in (None, "poke"):
            yield f"{name}: use mode='poke'; Airflow 3.3 may fail a rescheduled sensor that is well"


def find_unpooled_tasks(facts: Facts) -> Iterator[str]:
    for name, task in _tasks(facts):
        if name not in WITHOUT_WAREHOUSE and task["pool"] != "warehouse":
            yield f"{name}: is not in pool 'warehouse'; pass pool=WAREHOUSE_POOL, or list it in WITHOUT_WAREHOUSE here"


def find_work_at_parse_time(facts: Facts) -> Iterator[str]:
    roots = {module.partition(".")[0] for module in facts["new_modules"]}
    for module in sorted(roots & HEAVY):
        yield f"{module} is imported at module level; import it in the task, each task parses the file again"
    for module in facts["new_modules"]:
        if module.startswith("loopmart.") and module != "loopmart.errors":
            yield f"{module} is imported at module level; import loopmart inside the task"
    if facts["parse_seconds"] > facts["import_seconds"] / 2:
        yield (
            f"parsing takes {facts['parse_seconds']:.2f} CPU s, importing Airflow {facts['import_seconds']:.2f}: "
            "parsing should cost less than half; a file works at module level"
        )


def _tasks(facts: Facts) -> Iterator[tuple[str, dict[str, Any]]]:
    for dag_id, dag in facts["dags"].items():
        for task_id, task in dag["tasks"].items():
            yield f"{dag_id}.{task_id}", task


RULES: list[Callable[[Facts], Iterator[str]]] = [
    find_missing_dags,
    find_long_files,
    find_undocumented,
    find_loose_runs,
    find_loose_tasks,
    find_unpooled_tasks,
    find_work_at_parse_time,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_no_dag_breaks_a_rule(facts: Facts, rule: Callable[[Facts], Iterator[str]]) -> None:
    breaches = list(rule(facts))
    assert not breaches, "\n".join(breaches)


def test_the_chain_is_linked_by_assets(facts: Facts) -> None:
    outlets = {name: task["outlets"] for name, task in _tasks(facts) if task["outlets"]}
    assert outlets == {
        "ingest.check_landing": ["loopmart://lake"],
        "build.finish_build": ["loopmart://warehouse"],
        "publish.publish": ["loopmart://published"],
    }


def test_a_night_without_files_is_checked_and_a_failed_load_stops(facts: Facts) -> None:
    assert facts["dags"]["ingest"]["tasks"]["check_landing"]["trigger_rule"] == "none_failed"


def test_a_failed_pull_stops_no_file_that_is_there(facts: Facts) -> None:
    assert facts["dags"]["ingest"]["tasks"]["discover"]["trigger_rule"] == "all_done"


def test_a_server_that_does_not_answer_is_asked_again_and_a_refusal_is_final(facts: Facts) -> None:
    assert facts["dags"]["ingest"]["tasks"]["pull"]["retry_rules"] == [
        "retry loopmart.errors.RemoteUnavailable",
        "fail loopmart.errors.LoopmartError",
    ]


def test_an_empty_folder_is_a_breach(tmp_path: Path) -> None:
    (tmp_path / "dags").mkdir()
    assert any("no DAG at all" in breach for breach in find_missing_dags(load_dags(tmp_path / "dags", tmp_path)))


BAD_DAG = """
from airflow.sdk import DAG, Param, task
import duckdb
import loopmart.settings
with DAG("other", catchup=True, params={"x": Param(1)}):
    @task
    def build(): ...
    @task.sensor(mode="reschedule")
    def wait(): ...
    build() >> wait()
sum(i * i for i in range(30_000_000))
"""


@pytest.mark.parametrize(
    "words",
    [
        "broken.py cannot be imported", "no DAG 'bad'", "other.py", "has no page", "add tags", "needs a title",
        "needs a description", "catchup=False", "max_active_runs=1", "owner is", "retries ≥ 2",
        "retries what was refused", "execution_timeout", "mode='poke'", "pool 'warehouse'", "duckdb is imported",
        "loopmart.settings is imported", "parsing takes", "lines; a DAG is wiring",
    ],
)  # fmt: skip
def test_each_rule_can_fail(bad_facts: Facts, words: str) -> None:
    assert any(words in breach for rule in RULES for breach in rule(bad_facts))


@pytest.fixture(scope="module")
def bad_facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    folder = tmp_path_factory.mktemp("bad") / "dags"
    folder.mkdir()
    (folder / "bad.py").write_text(BAD_DAG + "\n" * MAX_LINES)
    (folder / "broken.py").write_text("from airflow.sdk import dag\nraise ValueError\n")
    return load_dags(folder, tmp_path_factory.mktemp("airflow"))
