"""What the docs say is true: their commands run, their queries answer, their links lead somewhere."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
import typer
import yaml

from loopmart.cli import app
from loopmart.derived.marts import PublishedTable, read_questions, read_tables
from tests.conventions.pages import (
    PROJECT,
    Page,
    find_broken_links,
    find_commands,
    find_pages,
    run_blocks,
)

PAGES = find_pages()
WITH_COMMANDS = [page for page in PAGES if page.blocks("sh")]
WITH_QUERIES = [page for page in PAGES if page.blocks("sql")]
README = Page(PROJECT / "README.md")
DUCKDB_TYPES = {"string": "VARCHAR", "int": "INTEGER"}
COMPOSE_COMMANDS = {"up", "down", "start", "stop", "ps", "logs", "exec", "build", "config"}

by_name = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@dataclass(frozen=True)
class Night:
    """What a stranger has after README's commands: the project, the folder for /tmp and ~, and LOOPMART_HOME."""

    project: Path
    room: Path

    @property
    def home(self) -> Path:
        """The copy of the sample that the README makes."""
        return self.room / "sample"

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """Ask the published file, as a BI tool does."""
        with duckdb.connect(str(self.home / "serving" / "marts.duckdb"), read_only=True) as published:
            return published.execute(sql).fetchall()


def copy_project(target: Path) -> Path:
    """The project without its environment and without what runs have written."""
    unwanted = shutil.ignore_patterns(".*", "__pycache__", "target", "logs")
    for name in (
        "audiences",
        "config",
        "contracts",
        "dags",
        "dbt_project",
        "docs",
        "expectations",
        "scripts",
        "data/sample",
    ):
        shutil.copytree(PROJECT / name, target / name, ignore=unwanted)
    for name in ("README.md", "Makefile", "docker-compose.yml"):
        shutil.copy(PROJECT / name, target / name)
    return target


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """README's commands, all of them for real, and a second publication; not to be changed."""
    root = tmp_path_factory.mktemp("docs")
    night = Night(copy_project(root / "project"), root / "room")
    run_blocks(
        ["loopmart contracts render", *README.blocks("sh"), "loopmart publish"],
        project=night.project,
        room=night.room,
        home=root / "unused",
        whole_nights=True,
    )
    return night


@pytest.mark.integration
def test_commands_of_readme_publish_the_sample(night: Night) -> None:
    assert night.query("select count(*), sum(net_sales_amount)::varchar from marts.orders") == [(21, "483.40")]


@pytest.mark.integration
@pytest.mark.parametrize("page", [p for p in WITH_COMMANDS if p.path != README.path], ids=lambda page: page.name)
def test_commands_of_page_run(page: Page, night: Night, tmp_path: Path) -> None:
    copy = Night(tmp_path / "project", tmp_path / "room")
    shutil.copytree(night.project, copy.project)
    shutil.copytree(night.room, copy.room, symlinks=True)
    home = copy.home
    if any("export LOOPMART_HOME=" in block for block in page.blocks("sh")):
        shutil.rmtree(copy.home)  # the page makes its own
    run_blocks(page.blocks("sh"), project=copy.project, room=copy.room, home=home)


@pytest.mark.integration
@pytest.mark.parametrize("page", WITH_QUERIES, ids=lambda page: page.name)
def test_queries_of_page_have_an_answer_on_the_sample(page: Page, night: Night) -> None:
    silent = [sql for sql in page.blocks("sql") if not night.query(sql)]
    assert not silent, "these give no row on the sample, so they show nothing:\n" + "\n".join(silent)


@pytest.mark.integration
def test_documented_columns_are_the_published_ones(night: Night) -> None:
    marts = read_tables(sorted((PROJECT / "dbt_project/models/marts").glob("*.yml")))
    documented = {("main", t.name): in_duckdb(t) for t in marts}
    documented |= {("ops", t.name): in_duckdb(t) for t in read_tables([PROJECT / "docs/ops.yml"])}
    published: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for schema, table, column, kind in night.query(
        "select table_schema, table_name, column_name, data_type from information_schema.columns order by 1, 2, "
        "ordinal_position"
    ):
        published.setdefault((str(schema), str(table)), []).append((str(column), str(kind)))
    assert documented == published


@pytest.mark.integration
def test_documented_keys_are_unique(night: Night) -> None:
    marts = read_tables(sorted((PROJECT / "dbt_project/models/marts").glob("*.yml")))
    ops = read_tables([PROJECT / "docs/ops.yml"])
    for schema, table in [*(("marts", t) for t in marts), *(("ops", t) for t in ops)]:
        key = ", ".join(table.key)
        repeated = night.query(f"select {key} from {schema}.{table.name} group by {key} having count(*) > 1")
        assert not repeated, f"{schema}.{table.name}: {key} is no key, see {repeated[:3]}"


def in_duckdb(table: PublishedTable) -> list[tuple[str, str]]:
    return [(name, DUCKDB_TYPES.get(kind, kind.upper())) for name, kind, _ in table.columns]


def test_every_published_table_has_a_question() -> None:
    tables = read_tables([*(PROJECT / "dbt_project/models/marts").glob("*.yml"), PROJECT / "docs/ops.yml"])
    questions = read_questions(PROJECT / "docs/questions")
    bare = [t.name for t in tables if not questions.get(t.name)]
    assert not bare, f"write a question that {bare} answer, in docs/questions/<table>.sql"
    assert not [q.sql for asked in questions.values() for q in asked if not q.text.endswith(("?", "."))]


@by_name
def test_links_of_page_lead_somewhere(page: Page) -> None:
    assert not find_broken_links(page), "make the file or the heading, or mend the link"


@by_name
def test_loopmart_commands_of_page_exist(page: Page) -> None:
    unknown = [f"loopmart {' '.join(words)}" for words in find_commands(page, "loopmart") if not is_command(words)]
    assert not unknown, f"{page.name} names commands or options that the command line does not have: {unknown}"


def is_command(words: list[str]) -> bool:
    command = typer.main.get_command(app)
    context = typer.Context(command)
    position = 0
    while position < len(words) and hasattr(command, "commands"):
        if words[position].startswith("-"):
            position += 1
            continue
        found = command.get_command(context, words[position])
        if found is None:
            return False
        command, position = found, position + 1
    names = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return all(word.split("=")[0] in names for word in words[position:] if word.startswith("--"))


@by_name
def test_make_targets_of_page_exist(page: Page) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    named = {words[0] for words in find_commands(page, "make") if words}
    assert named <= targets, f"{page.name} names targets that the Makefile lacks: {sorted(named - targets)}"


@by_name
def test_compose_services_of_page_exist(page: Page) -> None:
    services = set(yaml.safe_load((PROJECT / "docker-compose.yml").read_text(encoding="utf-8"))["services"])
    for words in find_commands(page, "docker-compose"):
        assert words[0] in COMPOSE_COMMANDS, f"{page.name}: docker-compose {words[0]}"
        if words[0] in ("exec", "logs"):
            plain = [word for word in words[1:] if not word.startswith("-") and not word.isdigit()]
            assert plain[0] in services, f"{page.name}: docker-compose {' '.join(words)} names no service"


def page_of(folder: Path, text: str) -> Page:
    path = folder / "page.md"
    path.write_text(text, encoding="utf-8")
    return Page(path)


@pytest.mark.parametrize(
    "block",
    [
        "loopmart nonsense",
        "loopmart files --no-such-option",
        "make nonsense",
        "python scripts/no_such_script.py",
        "python scripts/airflow_local.py nonsense",
        "cat /tmp/no_such_file",
        "loopmart files --status loaded | grep no-such-file",
    ],
)
def test_a_block_that_fails_is_reported_with_its_number(block: str, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(PROJECT / "scripts", project / "scripts", ignore=shutil.ignore_patterns(".*", "__pycache__"))
    shutil.copy(PROJECT / "Makefile", project)
    with pytest.raises(AssertionError, match="block 2 failed"):
        run_blocks(["true", block, "true"], project=project, room=tmp_path / "room", home=tmp_path / "home")


def test_a_block_in_a_list_is_read_without_its_indent(tmp_path: Path) -> None:
    page = page_of(tmp_path, "1. do\n\n   ```sh\n   cat <<'EOF'\n     x\n   EOF\n   ```\n\n```sql\nselect 1;\n```\n")
    assert page.blocks("sh") == ["cat <<'EOF'\n  x\nEOF\n"]
    assert page.blocks("sql") == ["select 1;\n"]


def test_a_link_to_nothing_is_found(tmp_path: Path) -> None:
    text = "# One thing\n[a](page.md#one-thing) [b](page.md#two) [c](gone.md) ![d](gone.png) [e](https://example.org)\n"
    broken = find_broken_links(page_of(tmp_path, text))
    assert broken == ["page.md: page.md#two", "page.md: gone.md", "page.md: gone.png"]


def test_a_command_that_does_not_exist_is_found(tmp_path: Path) -> None:
    page = page_of(tmp_path, "`loopmart quarantine list`, `loopmart run --nothing`, `loopmart vanish`, `make tea`\n")
    assert [is_command(words) for words in find_commands(page, "loopmart")] == [True, False, False]
    assert list(find_commands(page, "make")) == [["tea"]]
