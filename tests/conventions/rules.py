"""The house rules that a program can check. Each takes the tree and gives a sentence per breach: where, and what to do.

docs/naming.md gives the reasons; tests/conventions/test_house_rules.py shows each rule hold, and fail.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

Breaches = Iterator[str]
Rule = Callable[["Tree"], Breaches]

GATES = ("landing", "staging", "marts")
HEAVY = {"pandas", "duckdb", "dbt", "great_expectations", "pyarrow"}
MODULE_LINES = 560
SQL_LINES = 120
DAG_LINES = 80
TEXTS = {"", ".py", ".sql", ".yml", ".yaml", ".toml", ".md", ".csv", ".json", ".j2", ".css", ".env", ".txt", ".example"}
SECRET_NAMES = re.compile(r"(^|/)(\.env|id_(rsa|dsa|ecdsa|ed25519)|.*\.(pem|key|p12|pfx|jks|keystore)|secrets\.json)$")
SECRET_TEXTS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|xox[abp]-\d{10}")
MACHINE_PATHS = re.compile(r"(?<![\w.}])/(work|root|home/[a-z]|Users/[A-Za-z])[\w.-]*/")
LEFT_NOTES = re.compile(r"\b(TODO|FIXME)\b")
TYPES_OF_SUFFIXES = {
    "_id": {"string"},
    "_at": {"timestamp"},
    "_date": {"date"},
    "_month": {"date"},
    "_count": {"int", "bigint"},
    "_score": {"int"},
    "_amount": {"decimal(18,2)"},
    "_rate": {"decimal(9,4)"},
}
SUFFIXES_OF_TYPES = {"timestamp": ("_at",), "date": ("_date", "_month")}
NOT_READ = {Path("uv.lock"), *(Path("tests/conventions", name) for name in ("rules.py", "test_house_rules.py"))}
NUMBERED_IDS = {"arrival_id", "result_id"}  # numbers of the ledger's own, which nobody joins to


@dataclass(frozen=True)
class Tree:
    """The files of the repository, or of an example of it: those that git knows or would take."""

    root: Path

    @cached_property
    def files(self) -> list[Path]:
        """Paths within the root."""
        if (self.root / ".git").exists():
            command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
            listed = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=True).stdout
            found = sorted({Path(name) for name in listed.split("\0") if name})
            return [path for path in found if (self.root / path).is_file()]
        return sorted(path.relative_to(self.root) for path in self.root.rglob("*") if path.is_file())

    def find(self, pattern: str) -> list[Path]:
        """Files whose path within the root fits the pattern, such as `src/**/*.py`."""
        wanted = re.compile(re.escape(pattern).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*"))
        return [path for path in self.files if wanted.fullmatch(path.as_posix())]

    def read(self, path: Path) -> str:
        """The text of a file."""
        return (self.root / path).read_text(encoding="utf-8")

    def parse(self, path: Path) -> ast.Module:
        """The syntax tree of a Python file."""
        return ast.parse(self.read(path))

    def load(self, path: Path) -> Any:
        """The content of a YAML file."""
        return yaml.safe_load(self.read(path))


def models_are_named_after_their_layer(tree: Tree) -> Breaches:
    """stg_<source>__<entity>, int_<entity>__<past participle>, marts plural nouns."""
    forms = {
        "staging": (r"stg_[a-z0-9]+__[a-z0-9_]+", "stg_<source>__<entity>"),
        "intermediate": (
            r"int_[a-z0-9_]+__[a-z0-9_]*(ed|built|found|kept|made|sent|split)",
            "int_<entity>__<done to it>",
        ),
        "marts": (
            r"(?!stg_|int_)[a-z0-9_]*(s|_roi|_history|_hierarchy|_daily|_reconciliation|_throughput|_traffic)",
            "a plural noun or a measure",
        ),
    }
    for layer, (form, wanted) in forms.items():
        models = [p for kind in ("sql", "py") for p in tree.find(f"dbt_project/models/{layer}/**/*.{kind}")]
        for path in models:
            if not re.fullmatch(form, path.stem):
                yield f"{path}: name a model of layer {layer} {wanted}"


def a_model_has_one_yml_beside_it(tree: Tree) -> Breaches:
    """The same stem, that model alone, a description that begins with the grain."""
    models = {*tree.find("dbt_project/models/**/*.sql"), *tree.find("dbt_project/models/**/*.py")}
    pages = {p for p in tree.find("dbt_project/models/**/*.yml") if p.parts[2] != "sources"}
    stems = {path.with_suffix("") for path in models}
    for path in sorted(p for p in models if p.with_suffix(".yml") not in pages):
        yield f"{path}: write {path.with_suffix('.yml').name} beside it"
    for path in sorted(pages):
        if path.with_suffix("") not in stems:
            yield f"{path}: describes no model beside it; name it as the model, or delete it"
        content = tree.load(path)
        if [m["name"] for m in content["models"]] != [path.stem]:
            yield f"{path}: describe the model {path.stem} in it, and no other"
        for model in content["models"]:
            if not model.get("description", "").strip().startswith("One row per "):
                yield f"{path}: begin the description with its grain, 'One row per …'"


def data_tests_are_named_after_their_rule(tree: Tree) -> Breaches:
    """Each data test has a name, for the log shows nothing else."""
    for path in tree.find("dbt_project/**/*.yml"):
        for kind in ("models", "seeds"):
            for model in (tree.load(path) or {}).get(kind) or []:
                if not isinstance(model, dict):
                    continue
                columns = [test for c in model.get("columns", []) for test in c.get("data_tests", [])]
                for test in [*model.get("data_tests", []), *columns]:
                    if not isinstance(test, dict) or "name" not in next(iter(test.values())):
                        yield f"{path}: give {test} a name, the rule in words"


def sql_of_models_reads_from_top_to_bottom(tree: Tree) -> Breaches:
    """Short, and the last line is `select * from final`."""
    for path in tree.find("dbt_project/models/**/*.sql"):
        lines = tree.read(path).rstrip().splitlines()
        if len(lines) > SQL_LINES:
            yield f"{path}: {len(lines)} lines; move steps into an intermediate model, {SQL_LINES} is the limit"
        if not lines or lines[-1] != "select * from final":
            yield f"{path}: let the last CTE be `final` and the last line `select * from final`"


def marts_do_not_read_staging(tree: Tree) -> Breaches:
    """Marts ref intermediate models and marts."""
    for path in tree.find("dbt_project/models/marts/**/*.sql"):
        for model in re.findall(r"ref\(\s*['\"](stg_\w+)", tree.read(path)):
            yield f"{path}: refs {model}; give the mart an intermediate model that reads it"


def columns_have_the_type_of_their_name(tree: Tree) -> Breaches:
    """_at is a timestamp, _amount a decimal, is_ a boolean, and the other way round in marts."""
    for path in [*tree.find("dbt_project/models/marts/*.yml"), *tree.find("docs/ops.yml")]:
        for column in (c for model in tree.load(path)["models"] for c in model["columns"]):
            name, kind = column["name"], column["data_type"]
            suffix = next((s for s in TYPES_OF_SUFFIXES if name.endswith(s)), None)
            if suffix and kind not in TYPES_OF_SUFFIXES[suffix] and name not in NUMBERED_IDS:
                yield f"{path}: {name} is {kind}; {suffix} stands for {' or '.join(sorted(TYPES_OF_SUFFIXES[suffix]))}"
            if name.startswith(("is_", "has_")) != (kind == "boolean") and path.name != "ops.yml":
                yield f"{path}: {name} is {kind}; a boolean, and nothing else, is named is_… or has_…"
            endings = SUFFIXES_OF_TYPES.get(kind)
            if endings and not name.endswith(endings) and path.name != "ops.yml":
                yield f"{path}: {name} is {kind}; end it with {' or '.join(endings)}"


def src_does_not_import_airflow(tree: Tree) -> Breaches:
    """A stage runs without an orchestrator."""
    for path in tree.find("src/**/*.py"):
        if "airflow" in set(_imports(ast.walk(tree.parse(path)))):
            yield f"{path}: imports airflow; wiring belongs to dags/, hand the stage plain arguments"


def dags_are_wiring_only(tree: Tree) -> Breaches:
    """Short, its docstring is its page, heavy packages only in tasks, its name is the file's."""
    for path in tree.find("dags/**/*.py"):
        lines = tree.read(path).count("\n")
        if lines > DAG_LINES:
            yield f"{path}: {lines} lines; move what is done to src/, {DAG_LINES} is the limit"
        module = tree.parse(path)
        for name in sorted(HEAVY & set(_imports(_outside_functions(module)))):
            yield f"{path}: imports {name} at its top; import it in the task, a DAG file is parsed all the time"
    for path in tree.find("dags/*.py"):
        module = tree.parse(path)
        if ast.get_docstring(module) is None or "doc_md=__doc__" not in tree.read(path):
            yield f"{path}: write a docstring and pass doc_md=__doc__, the page of the DAG"
        if path.stem not in {f.name for f in module.body if isinstance(f, ast.FunctionDef)}:
            yield f"{path}: name the file and the DAG's function alike"


def suites_are_named_after_gate_entity_and_severity(tree: Tree) -> Breaches:
    """<gate>.<entity>.<critical|warning>, in the file's name and in the file."""
    for path in tree.find("expectations/**/*"):
        if not re.fullmatch(rf"({'|'.join(GATES)})\.[a-z_]+\.(critical|warning)\.json", path.name):
            yield f"{path}: name it <{'|'.join(GATES)}>.<entity>.<critical|warning>.json"
        elif json.loads(tree.read(path))["name"] != path.stem:
            yield f"{path}: its `name` is not that of the file"


def modules_are_short_nouns(tree: Tree) -> Breaches:
    """A module that nobody reads to its end is two; and none hides one of the standard library."""
    for path in tree.find("src/**/*.py"):
        lines = tree.read(path).count("\n")
        if lines > MODULE_LINES:
            yield f"{path}: {lines} lines; split it by what it does, {MODULE_LINES} is the limit"
        if path.stem in sys.stdlib_module_names:
            yield f"{path}: {path.stem} is a module of the standard library; take another noun"


def nothing_is_left_to_do(tree: Tree) -> Breaches:
    """No notes to oneself: do it, or write it into the tracker."""
    for path, number, line in _lines(tree):
        if LEFT_NOTES.search(line):
            yield f"{path}, line {number}: do it now, or take the note out: {line.strip()[:80]}"


def no_path_of_ones_own_machine(tree: Tree) -> Breaches:
    """Nothing that exists on one machine only."""
    for path, number, line in _lines(tree):
        if found := MACHINE_PATHS.search(line):
            yield f"{path}, line {number}: {found[0]}… exists on one machine; take it from Settings or tmp_path"


def no_secret_is_committed(tree: Tree) -> Breaches:
    """Neither a file that holds secrets by its name, nor a text that is one by its form."""
    for path in tree.files:
        if SECRET_NAMES.search(path.as_posix()):
            yield f"{path}: secrets are made on the machine; delete it, add it to .gitignore and change the secret"
    for path, number, line in _lines(tree):
        if SECRET_TEXTS.search(line):
            yield f"{path}, line {number}: looks like a secret; delete it and change it where it is in use"


def tests_are_named_after_their_rule(tree: Tree) -> Breaches:
    """test_<rule in words>, three words or more."""
    for path in tree.find("tests/**/*.py"):
        for node in ast.walk(tree.parse(path)):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and node.name.count("_") < 3:
                yield f"{path}: {node.name}: say the rule in three words or more"


def unit_tests_mirror_what_they_test(tree: Tree) -> Breaches:
    """tests/unit/<stage> stands for src/loopmart/<stage>, or for a folder of the same name."""
    stages = {path.parts[2].removesuffix(".py") for path in tree.find("src/loopmart/**/*.py")}
    folders = stages | {path.parts[0] for path in tree.files}
    for path in tree.find("tests/unit/*/**/*.py"):
        if path.parts[2] not in folders:
            yield f"{path}: there is no src/loopmart/{path.parts[2]}; name the folder after what it tests"


def _imports(nodes: Iterator[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield child
            yield from _outside_functions(child)


def _lines(tree: Tree) -> Iterator[tuple[Path, int, str]]:
    for path in tree.files:
        if path.suffix in TEXTS and path not in NOT_READ and path.parts[:2] != ("data", "sample"):
            for number, line in enumerate(tree.read(path).splitlines(), start=1):
                yield path, number, line
