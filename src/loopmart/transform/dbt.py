"""Running dbt: one process for a whole layer, with progress lines and errors that name the node."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from loopmart.errors import LoopmartError
from loopmart.settings import Settings

log = logging.getLogger(__name__)

EXAMPLE_LENGTH = 500
"""Of a row that breaks a rule, so much is told."""


class DbtFailed(LoopmartError):
    """Models or tests failed; nothing after them ran."""


@dataclass(frozen=True)
class NodeResult:
    """What became of one node of a build."""

    unique_id: str
    status: str
    message: str
    query: str | None
    """What a broken test asked."""


def build_layer(settings: Settings, select: list[str], lock: int, *, full_refresh: bool = False) -> list[NodeResult]:
    """`dbt build` of the selected nodes with their data tests (unit tests are for development).

    Args:
        select: dbt selectors.
        lock: descriptor of the warehouse's lock; dbt shares it, so that the lock outlives a killed parent
            for as long as dbt still writes.

    Raises:
        DbtFailed: with node, message and, for a test, how many rows failed.
    """
    target = settings.home / "warehouse" / "dbt"
    results = target / "results.json"
    command = [
        sys.executable, "-m", "loopmart.transform.dbt_process", str(results),
        "--log-level", "none", "--log-level-file", "none", "build",
        "--project-dir", str(settings.dbt_project_dir), "--profiles-dir", str(settings.dbt_project_dir),
        "--target-path", str(target), "--exclude-resource-type", "unit_test", "--select", *select,
    ]  # fmt: skip
    if full_refresh:
        command.append("--full-refresh")
    target.mkdir(parents=True, exist_ok=True)
    results.unlink(missing_ok=True)
    with subprocess.Popen(
        command,
        env=dbt_environment(settings),
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=(lock,),
        cwd=settings.home,
    ) as process:
        complaints = [c for line in process.stdout or () if (c := _report(line))]
    found = json.loads(results.read_text(encoding="utf-8")) if results.exists() else []
    nodes = [NodeResult(**result) for result in found]
    failed = [n for n in nodes if n.status in ("error", "fail", "runtime error")]
    if process.returncode or failed:
        told = [f"  {line}" for n in failed for line in _tell_breaches(settings, n)] or complaints[-20:]
        raise DbtFailed("\n".join([f"dbt build of {' '.join(select)} failed:", *told]))
    return nodes


def _tell_breaches(settings: Settings, node: NodeResult) -> Iterator[str]:
    """What failed; of a test each broken rule with the number of its rows and one of them."""
    if node.query is None:
        yield f"{node.unique_id}: {node.message}"
        return
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as warehouse:
        broken = warehouse.sql(node.query)
        if broken.columns != ["rule", "row_count", "example"]:
            name = node.unique_id.split(".")[2]
            broken = broken.query("broken", f"select '{name}', count(*), min(cast(broken as varchar)) from broken")
        for rule, row_count, example in broken.fetchall():
            yield f"{rule}: {row_count:,} rows, such as {example[:EXAMPLE_LENGTH]}"


def run_dbt(settings: Settings, target: Path, *arguments: str) -> None:
    """dbt's own command line, with the artifacts that it writes into `target`: for what is no build of a layer.

    Raises:
        DbtFailed: with what dbt said.
    """
    target.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [
            sys.executable, "-c", "from dbt.cli.main import cli; cli()", *arguments, "--log-level-file", "none",
            "--project-dir", str(settings.dbt_project_dir), "--profiles-dir", str(settings.dbt_project_dir),
            "--target-path", str(target),
        ],
        env=dbt_environment(settings),
        capture_output=True,
        text=True,
        check=False,
        cwd=settings.home,
    )  # fmt: skip
    if done.returncode:
        raise DbtFailed(f"dbt {' '.join(arguments)} failed:\n{done.stdout[-4000:]}")


def compile_models(settings: Settings, models: Iterable[str]) -> dict[str, str]:
    """The SQL of models as dbt compiles it, by name and in this order; it runs on any tables of the names it reads.

    Raises:
        DbtFailed: with what dbt said.
    """
    names, target = list(models), settings.home / "target"
    settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    run_dbt(settings, target, "compile", "--quiet", "--select", *names)
    found = {path.stem: path for path in (target / "compiled" / "loopmart" / "models").rglob("*.sql")}
    return {name: found[name].read_text(encoding="utf-8").replace('"loopmart".', "") for name in names}


def dbt_environment(settings: Settings) -> dict[str, str]:
    """The environment that profiles.yml and the sources read."""
    return os.environ | {
        "LOOPMART_WAREHOUSE": str(settings.warehouse_path),
        "LOOPMART_LAKE": str(settings.lake_dir),
        "LOOPMART_IDENTITY_DECISIONS": str(settings.identity_decisions_file),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def _report(line: str) -> str | None:
    """Log a node that finished; return a line that is worth keeping for an error."""
    try:
        event: dict[str, Any] = json.loads(line)
    except ValueError:
        return line.rstrip()
    info, data = event.get("info", {}), event.get("data", {})
    if info.get("name") == "LogModelResult":
        seconds = data.get("execution_time") or 0.0
        log.info("dbt: %s of %s %s in %.1f s", data["index"], data["total"], data["description"], seconds)
    return str(info.get("msg")) if info.get("level") == "error" else None
