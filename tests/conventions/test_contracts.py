"""Contracts are what they claim: of the standard, strict, and the one place that four others follow."""

from __future__ import annotations

import json
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from loopmart.contracts.catalogue import load_catalogue
from loopmart.contracts.feeds import load_feeds
from loopmart.contracts.sources import load_sources
from loopmart.derived import derive, find_stale
from loopmart.errors import ContractError
from loopmart.ingest.manifest import pin_schemas
from loopmart.ingest.run import discover, load_feed
from loopmart.settings import Settings
from tests.conftest import PROJECT, copy_sample

FEEDS = sorted((PROJECT / "contracts" / "feeds").glob("*.odcs.yaml"))
STANDARD = json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8"))
by_feed = pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.name)


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")


@pytest.fixture
def project(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a copy of the project, whose contracts a test may change."""
    copy = tmp_path / "project"
    unwanted = shutil.ignore_patterns(".*", "__pycache__", "target", "logs")
    for name in ("contracts", "dags", "dbt_project", "docs", "expectations"):
        shutil.copytree(PROJECT / name, copy / name, ignore=unwanted)
    monkeypatch.setenv("LOOPMART_PROJECT", str(copy))
    return Settings.load()


@by_feed
def test_feed_is_of_the_open_data_contract_standard(path: Path) -> None:
    content = read(path)
    jsonschema.validate(content, STANDARD)
    understood = OpenDataContractStandard.model_validate(content).model_dump(by_alias=True, exclude_unset=True)
    assert understood == content, "the standard's model drops what it does not know"


def test_a_feed_against_the_standard_is_found() -> None:
    content = read(FEEDS[0])
    content["schema"][0]["properties"][0]["logicalType"] = "text"
    with pytest.raises(jsonschema.ValidationError, match="'text'"):
        jsonschema.validate(content, STANDARD)


def test_derived_files_are_fresh(settings: Settings) -> None:
    assert not find_stale(settings), "run `loopmart contracts render` and commit what it writes"


def test_a_stale_derived_file_is_found(project: Settings) -> None:
    fresh = find_stale(project)
    page = project.project_dir / "docs" / "feeds.md"
    page.write_text(page.read_text(encoding="utf-8") + "an edit by hand\n", encoding="utf-8")
    (project.expectations_dir / "landing.coupons.critical.json").unlink()
    assert {"docs/feeds.md", "expectations/landing.coupons.critical.json"} <= set(find_stale(project)) - set(fresh)


def test_one_change_of_a_feed_changes_reader_dbt_source_suite_and_page(project: Settings) -> None:
    places = {
        "dbt source": project.dbt_project_dir / "models" / "sources" / "bronze.yml",
        "landing suite": project.expectations_dir / "landing.cardholders.critical.json",
        "docs page": project.project_dir / "docs" / "feeds.md",
    }
    types, texts = read_pinned_types(project), derive(project)
    assert types["kids_count"] == "VARCHAR"

    path = project.contracts_dir / "feeds" / "cardholders.odcs.yaml"
    content = read(path)
    field = next(f for f in content["schema"][0]["properties"] if f["name"] == "kids_count")
    field |= {"logicalType": "integer", "physicalType": "int", "logicalTypeOptions": {"minimum": 0}}
    write(path, content)

    changed = derive(project)
    assert read_pinned_types(project) == types | {"kids_count": "INTEGER"}
    assert [name for name, place in places.items() if changed[place] == texts[place]] == []
    assert {path for path in changed if changed[path] != texts[path]} == set(places.values())
    assert "kids_count < 0" in changed[places["landing suite"]]
    assert "| `kids_count` | int |" in changed[places["docs page"]]
    tables = yaml.safe_load(changed[places["dbt source"]])["sources"][0]["tables"]
    columns = next(t for t in tables if t["name"] == "cardholders")["columns"]
    assert next(c for c in columns if c["name"] == "kids_count")["data_type"] == "int"


def test_the_reader_gives_the_type_that_the_feed_says(project: Settings) -> None:
    path = project.contracts_dir / "feeds" / "products.odcs.yaml"
    content = read(path)
    field = next(f for f in content["schema"][0]["properties"] if f["name"] == "manufacturer_id_source")
    field |= {"logicalType": "integer", "physicalType": "bigint"}
    write(path, content)
    copy_sample(project)
    discover(project, ["chain"])
    load_feed(project, "products")
    kinds = read_types(project.bronze_dir / "products" / "batch=2*" / "*.parquet")
    assert kinds["manufacturer_id_source"] == "BIGINT"
    assert kinds["product_id_source"] == "VARCHAR"


def read_pinned_types(settings: Settings) -> dict[str, str]:
    pin_schemas(settings, load_catalogue(settings).feeds)
    return read_types(settings.bronze_dir / "cardholders" / "batch=schema" / "empty.parquet")


def read_types(parquet: Path) -> dict[str, str]:
    described = duckdb.sql(f"describe from read_parquet('{parquet}', hive_partitioning = false)").fetchall()
    return {row[0]: row[1] for row in described}


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ([], "retention"),
        (["schema", 0], "schema.0.retention"),
        (["schema", 0, "properties", 2], "schema.0.properties.2.retention"),
        (["schema", 0, "properties", 2, "logicalTypeOptions"], "schema.0.properties.2.logicalTypeOptions.retention"),
    ],
)
def test_an_unknown_key_of_a_feed_is_refused_with_file_and_place(
    project: Settings, where: list[str | int], place: str
) -> None:
    path = project.contracts_dir / "feeds" / "pos_order_lines.odcs.yaml"
    content = read(path)
    inner: Any = content
    for step in where:
        inner = inner[step]
    inner["retention"] = "P7Y"
    write(path, content)
    with pytest.raises(ContractError) as refusal:
        load_feeds(project.contracts_dir)
    assert str(path) in str(refusal.value)
    assert f"{place}: Extra inputs are not permitted" in str(refusal.value)


@pytest.mark.parametrize(
    ("where", "place"), [(None, "sheet"), ("period", "period.sheet"), ("trailer", "trailer.sheet")]
)
def test_an_unknown_key_of_a_source_is_refused_with_file_and_place(
    project: Settings, where: str | None, place: str
) -> None:
    path = project.contracts_dir / "sources" / "till_gbk.yaml"
    content = read(path)
    (content[where] if where else content)["sheet"] = 1
    write(path, content)
    with pytest.raises(ContractError) as refusal:
        load_sources(project.contracts_dir, load_feeds(project.contracts_dir))
    assert str(path) in str(refusal.value)
    assert f"{place}: Extra inputs are not permitted" in str(refusal.value)


def test_a_misnamed_feed_file_is_refused(project: Settings) -> None:
    path = project.contracts_dir / "feeds" / "coupons.odcs.yaml"
    path.rename(path.with_name("vouchers.odcs.yaml"))
    with pytest.raises(ContractError, match=r"vouchers\.odcs\.yaml: .* name the file coupons\.odcs\.yaml"):
        load_feeds(project.contracts_dir)


def test_a_misnamed_source_file_is_refused(project: Settings) -> None:
    path = project.contracts_dir / "sources" / "till_gbk.yaml"
    path.rename(path.with_name("till.yaml"))
    with pytest.raises(ContractError, match=r"till\.yaml: .* name the file till_gbk\.yaml"):
        load_sources(project.contracts_dir, load_feeds(project.contracts_dir))


def test_a_required_field_without_a_column_is_refused_with_both_lists(project: Settings) -> None:
    path = project.contracts_dir / "sources" / "till_utf8.yaml"
    content = read(path)
    content["columns"]["net_amount"] = "net_sales"
    write(path, content)
    with pytest.raises(ContractError, match=r"\['net_sales_amount'\].*\['net_sales'\]"):
        load_sources(project.contracts_dir, load_feeds(project.contracts_dir))


def test_a_mart_without_description_stops_the_docs(project: Settings) -> None:
    path = project.dbt_project_dir / "models" / "marts" / "orders.yml"
    content = read(path)
    del content["models"][0]["columns"][0]["description"]
    write(path, content)
    with pytest.raises(ContractError, match=r"orders\.yml: a table needs .*description"):
        derive(project)


def test_questions_about_no_table_stop_the_docs(project: Settings) -> None:
    folder = project.project_dir / "docs" / "questions"
    (folder / "orders.sql").rename(folder / "receipts.sql")
    with pytest.raises(ContractError, match="receipts is no published table"):
        derive(project)


def test_a_query_without_a_question_stops_the_docs(project: Settings) -> None:
    path = project.project_dir / "docs" / "questions" / "orders.sql"
    path.write_text("select 1;\n", encoding="utf-8")
    with pytest.raises(ContractError, match=r"orders\.sql: write the question"):
        derive(project)


def test_a_dag_file_without_docstring_stops_the_docs(project: Settings) -> None:
    path = project.project_dir / "dags" / "build.py"
    path.write_text("from airflow.sdk import dag\n\n\n@dag()\ndef build():\n    pass\n", encoding="utf-8")
    with pytest.raises(ContractError, match=r"build\.py: a DAG file has a docstring"):
        derive(project)
