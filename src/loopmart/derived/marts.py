"""From the yml beside each mart, docs/ops.yml and docs/questions: the docs page of what is published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from loopmart.derived.markdown import render_list, render_table
from loopmart.errors import ContractError

GENERATED = (
    "written by `loopmart contracts render` from dbt_project/models/marts/*.yml, docs/ops.yml and docs/questions/*.sql;"
    " change it there"
)
INTRODUCTION = """\
# Marts

What a night publishes, in `$LOOPMART_HOME/serving/marts.duckdb`. Any tool that speaks DuckDB opens the file; the
tables are `marts.orders`, `ops.file_ledger` and so on. A mart's columns and types are a contract: columns are added,
never renamed or given another meaning. How names are made stands in [naming.md](naming.md), what words mean in
[glossary.md](glossary.md). Amounts are decimals in the store's currency, `_at` is UTC, `_date` is the store's day.
"""


@dataclass(frozen=True)
class Question:
    """A question and the one statement that answers it."""

    text: str
    sql: str


@dataclass(frozen=True)
class PublishedTable:
    """A table as its yml describes it: `columns` are (name, type, description), `rules` the names of its data tests."""

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[tuple[str, str, str], ...]
    rules: tuple[str, ...]


def read_tables(paths: list[Path]) -> list[PublishedTable]:
    """The tables that dbt's property files describe.

    Raises:
        ContractError: a file lacks what the page needs; the message names file and key.
    """
    tables: list[PublishedTable] = []
    for path in paths:
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            tables.extend(_describe_table(model) for model in content["models"])
        except (OSError, KeyError, TypeError, yaml.YAMLError) as error:
            raise ContractError(f"{path}: a table needs name, description, key and columns; {error!r}") from error
    return tables


def _describe_table(model: dict[str, Any]) -> PublishedTable:
    columns = model["columns"]
    tests = [*model.get("data_tests", []), *(test for c in columns for test in c.get("data_tests", []))]
    rules = (name for test in tests for kind, body in test.items() for name in _name_rules(kind, body))
    return PublishedTable(
        name=model["name"],
        description=model["description"].strip(),
        key=tuple(model["config"]["meta"]["key"]),
        columns=tuple((c["name"], c["data_type"], c["description"].strip()) for c in columns),
        rules=tuple(name.replace("_", " ") for name in rules),
    )


def _name_rules(kind: str, body: dict[str, Any]) -> list[str]:
    return list(body["arguments"]["rules"]) if kind == "rules" else [body["name"]]


def read_questions(folder: Path) -> dict[str, list[Question]]:
    """The questions of each table, from `<table>.sql`: comment lines that ask, the statement, a semicolon.

    Raises:
        ContractError: a statement without a question.
    """
    return {path.stem: list(_split_questions(path)) for path in sorted(folder.glob("*.sql"))}


def _split_questions(path: Path) -> Iterator[Question]:
    for part in path.read_text(encoding="utf-8").split(";\n"):
        lines = part.strip().splitlines()
        asked = [line.removeprefix("--").strip() for line in lines if line.startswith("--")]
        sql = "\n".join(line for line in lines if not line.startswith("--"))
        if sql and not asked:
            raise ContractError(f"{path}: write the question as a comment above the statement:\n{sql}")
        if sql:
            yield Question(" ".join(asked), sql)


def render_marts(marts: list[PublishedTable], ops: list[PublishedTable], questions: dict[str, list[Question]]) -> str:
    """The docs page of all that is published.

    Raises:
        ContractError: questions about a table that is not published.
    """
    names = {table.name for table in [*marts, *ops]}
    if strays := sorted(questions.keys() - names):
        raise ContractError(f"docs/questions: {', '.join(strays)} is no published table; name each file after one")
    parts = [f"<!-- {GENERATED} -->\n{INTRODUCTION}", _render_list_of_tables(marts, ops)]
    parts.extend(_render_table("marts", table, questions.get(table.name, [])) for table in marts)
    parts.extend(_render_table("ops", table, questions.get(table.name, [])) for table in ops)
    return "\n".join(parts)


def _render_list_of_tables(marts: list[PublishedTable], ops: list[PublishedTable]) -> str:
    tables = [*(("marts", table) for table in marts), *(("ops", table) for table in ops)]
    rows = (
        (f"[`{schema}.{t.name}`](#{schema}{t.name})", _first_sentence(t.description).removeprefix("One row per "))
        for schema, t in tables
    )
    return render_table(("table", "one row per"), rows)


def _first_sentence(text: str) -> str:
    return text.split(". ", maxsplit=1)[0].split(": ", maxsplit=1)[0].rstrip(".")


def _render_table(schema: str, table: PublishedTable, questions: list[Question]) -> str:
    key = ", ".join(f"`{name}`" for name in table.key)
    rows = ((f"`{name}`", kind, description) for name, kind, description in table.columns)
    parts = [
        f"## {schema}.{table.name}\n\n{table.description} Key: {key}.\n",
        render_table(("column", "type", "what it is"), rows),
    ]
    if table.rules:
        parts.append(f"Tested in every build:\n\n{render_list(table.rules)}")
    parts.extend(f"{question.text}\n\n```sql\n{question.sql};\n```\n" for question in questions)
    return "\n".join(parts)
