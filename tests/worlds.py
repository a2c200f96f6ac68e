"""What tests ask of a world: run a night, read what is published, compare two publications."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import duckdb

from loopmart.settings import Settings
from tests.forked import call_loopmart

PROJECT = Path(__file__).parents[1]


def run_loopmart(*arguments: str, settings: Settings, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    done = call_loopmart(arguments, environment(settings))
    if check and done.returncode:
        raise AssertionError(f"loopmart {' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}")
    return done


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a process that works in this world."""
    return os.environ | {
        "LOOPMART_HOME": str(settings.home),
        "LOOPMART_PROJECT": str(settings.project_dir),
        "LOOPMART_STORES": str(settings.stores_file),
        "LOOPMART_TOKEN_KEY_FILE": str(settings.token_key_file),
    }


def query_published(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    """Ask the published file, as a BI tool does."""
    with duckdb.connect(str(settings.serving_dir / "marts.duckdb"), read_only=True) as published:
        return published.execute(query).fetchall()


def hash_marts(settings: Settings) -> dict[str, str]:
    """For each published mart the number of its rows and the sum of their hashes: equal where the rows are equal."""
    tables = query_published(
        settings, "select table_name from information_schema.tables where table_schema = 'main' order by 1"
    )
    return {
        table: query_published(
            settings, f"select concat_ws(' ', count(*), sum(hash(t)::hugeint)) from marts.{table} as t"
        )[0][0]
        for (table,) in tables
    }
