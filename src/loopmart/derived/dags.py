"""From the DAG files: the docs page of what runs when. The files are parsed; Airflow is not imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from loopmart.derived.markdown import render_table
from loopmart.errors import ContractError

GENERATED = "written by `loopmart contracts render` from dags/*.py; change it there"
INTRODUCTION = """\
# DAGs

When it runs: wiring only, what a task does stands in `src/loopmart`. A DAG's file has its name.
"""
EMPTY = {"None": "empty", "[]": "empty", "False": "off", "True": "on"}
Definitions = dict[str, ast.expr]


def render_dags(folder: Path) -> str:
    """The docs page of the DAG files: docstring, schedule, tasks, form.

    Raises:
        ContractError: a file defines no DAG of its own name, or lacks a docstring.
    """
    files = sorted(folder.glob("*.py"))
    shared = _read_definitions(sorted((folder / "support").glob("*.py")))
    return "\n".join([f"<!-- {GENERATED} -->\n{INTRODUCTION}", *(_render_dag(path, shared) for path in files)])


def _read_definitions(paths: list[Path]) -> Definitions:
    """Every value that a module assigns to a name at its top."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    return {
        target.id: statement.value
        for tree in trees
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def _render_dag(path: Path, shared: Definitions) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = shared | _read_definitions([path])
    function = next((f for f in tree.body if isinstance(f, ast.FunctionDef) and f.name == path.stem), None)
    doc = ast.get_docstring(tree)
    if function is None or doc is None:
        raise ContractError(f"{path}: a DAG file has a docstring and a function of its own name, decorated with dag")
    settings = _read_keywords(function, "dag")
    parts = [f"## {path.stem}\n\n{doc}\n\nStarts {_describe_schedule(settings.get('schedule'), known)}.\n"]
    tasks = ((f"`{name}`", pool, handed_on) for name, pool, handed_on in _read_tasks(function, known))
    parts.append(render_table(("task", "pool", "hands on"), tasks))
    fields = list(_read_form(settings.get("params"), known))
    if fields:
        parts.append(render_table(("field of the form", "default", "what it does"), fields))
    return "\n".join(parts)


def _read_keywords(function: ast.FunctionDef, decorator: str) -> Definitions:
    """What a decorator of that name is called with; empty for one without brackets.

    Raises:
        ContractError: the function carries no such decorator.
    """
    for node in function.decorator_list:
        call = node if isinstance(node, ast.Call) else None
        name = call.func if call else node
        if isinstance(name, ast.Name) and name.id == decorator:
            return {k.arg: k.value for k in call.keywords if k.arg} if call else {}
    raise ContractError(f"dags: function {function.name} is not decorated with {decorator}")


def _describe_schedule(schedule: ast.expr | None, known: Definitions) -> str:
    if schedule is None or (isinstance(schedule, ast.Constant) and schedule.value is None):
        return "when it is triggered, by a person or by another DAG"
    if isinstance(schedule, ast.List):
        return f"when {' or '.join(_name_asset(node, known) for node in schedule.elts)} is handed on"
    if isinstance(schedule, ast.Call) and schedule.args and isinstance(schedule.args[0], ast.Constant):
        return f"by the clock, cron `{_show(schedule.args[0], known)}`, or when it is triggered"
    return f"by `{ast.unparse(schedule)}`"


def _name_asset(node: ast.expr, known: Definitions) -> str:
    value = known.get(node.id, node) if isinstance(node, ast.Name) else node
    return f"`{ast.literal_eval(value.args[0])}`" if isinstance(value, ast.Call) else f"`{ast.unparse(node)}`"


def _read_tasks(function: ast.FunctionDef, known: Definitions) -> Iterator[tuple[str, str, str]]:
    """Task id, pool and assets of each task in the order of the file."""
    for statement in function.body:
        if isinstance(statement, ast.FunctionDef):
            settings, name = _read_keywords(statement, "task"), statement.name
        elif isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
            settings, name = {k.arg: k.value for k in statement.value.keywords if k.arg}, ""
        else:
            continue
        task_id = settings.get("task_id")
        pool, outlets = settings.get("pool"), settings.get("outlets")
        if task_id is None and not name:
            continue
        yield (
            _show(task_id, known) if task_id else name,
            _show(pool, known) if pool else "",
            ", ".join(_name_asset(node, known) for node in outlets.elts) if isinstance(outlets, ast.List) else "",
        )


def _read_form(params: ast.expr | None, known: Definitions) -> Iterator[tuple[str, str, str]]:
    """Name, default and description of each field, those of a form that this one contains included."""
    form = known.get(params.id) if isinstance(params, ast.Name) else params
    if not isinstance(form, ast.Dict):
        return
    for key, value in zip(form.keys, form.values, strict=True):
        if key is None:
            yield from _read_form(value, known)
        elif isinstance(value, ast.Call):
            described = {k.arg: k.value for k in value.keywords}
            description = described.get("description")
            yield (
                f"`{ast.literal_eval(key)}`",
                EMPTY.get(default := ast.unparse(value.args[0]), default) if value.args else "",
                _show(description, known) if description else "",
            )


def _show(node: ast.expr, known: Definitions) -> str:
    """The value of a constant, or of a name that stands for one; else the expression as it is written."""
    found: Any = known.get(node.id, node) if isinstance(node, ast.Name) else node
    return str(found.value) if isinstance(found, ast.Constant) else ast.unparse(found)
