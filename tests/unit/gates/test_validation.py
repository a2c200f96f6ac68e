"""Great Expectations over DuckDB: the patch, the silence, and no rule that passes unevaluated."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from loopmart.gates.suites import QUERY_TYPE, Expectation, Suite
from loopmart.gates.validation import SuiteRun, Validator, import_great_expectations, open_validator

UNPATCHED = """
import logging
logging.getLogger("great_expectations").setLevel(logging.ERROR)
import great_expectations as gx
source = gx.get_context(mode="ephemeral").data_sources.add_sql("x", connection_string="duckdb:///{file}")
batch = source.add_query_asset("t", query="select * from t").add_batch_definition_whole_table("t").get_batch()
query = {{"unexpected_rows_query": "select n from {{batch}} where n < 0"}}
rule = {{"type": "unexpected_rows_expectation", "kwargs": query}}
print("SUCCESS", batch.validate(gx.ExpectationSuite(name="s", expectations=[rule])).success)
"""
QUIET = """
{first}
from pathlib import Path
from loopmart.gates.suites import Expectation, Suite
from loopmart.gates.validation import open_validator
query = {{"unexpected_rows_query": "select n from {{batch}}"}}
rule = Expectation("unexpected_rows_expectation", query, "empty", "wait")
with open_validator(Path("{file}"), {{}}, lambda file_id: None, "run") as validator:
    run = validator.run_suite(Suite("marts.t.critical", "t", (rule,), {{}}))
print("COUNT", run.outcomes[0].unexpected_count)
"""


@pytest.fixture
def numbers(tmp_path: Path) -> Path:
    path = tmp_path / "numbers.duckdb"
    with duckdb.connect(path) as database:
        database.execute("create table t as select n, 'f' || (n % 2) as _file_id, n + 2 as _line from range(1000) r(n)")
    return path


def query(sql: str, rule: str = "the rule") -> Expectation:
    return Expectation(QUERY_TYPE, {"unexpected_rows_query": sql}, rule, "the remedy")


def run(database: Path, *expectations: Expectation, severity: str = "critical") -> SuiteRun:
    paths = {"f0": "S1/even.csv"}
    with open_validator(database, {}, paths.get, "run 1") as validator:
        return validator.run_suite(Suite(f"marts.t.{severity}", "t", expectations, {}))


def run_alone(script: str, tmp_path: Path) -> str:
    env = {**os.environ, "AIRFLOW_HOME": str(tmp_path / "airflow"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=env, check=False)
    return done.stdout + done.stderr


def test_the_patch_for_duckdb_is_still_needed(numbers: Path, tmp_path: Path) -> None:
    answer = run_alone(UNPATCHED.format(file=numbers), tmp_path)
    assert "SUCCESS False" in answer, "Great Expectations reads DuckDB unpatched now: drop _keep_duckdb_connections"
    assert run(numbers, query("select n from {batch} where n < 0")).outcomes[0].success


@pytest.mark.parametrize("first", ["", "import airflow.sdk"], ids=["alone", "after airflow"])
def test_a_gate_is_silent(first: str, numbers: Path, tmp_path: Path) -> None:
    assert run_alone(QUIET.format(first=first, file=numbers), tmp_path).strip() == "COUNT 1000"


def test_the_library_is_not_imported_before_a_gate_runs(tmp_path: Path) -> None:
    script = "import sys, loopmart.gates.run; print('great_expectations' in sys.modules)"
    assert run_alone(script, tmp_path).strip() == "False"


def test_all_rows_are_counted_and_twenty_shown_with_file_and_line(numbers: Path) -> None:
    outcome = run(numbers, query("select _file_id, _line, n from {batch} where n > 100 order by n")).outcomes[0]
    assert (outcome.success, outcome.unexpected_count, len(outcome.rows)) == (False, 899, 20)
    assert outcome.observed == "899 offending rows"
    assert outcome.rows[0] == {"_file_id": "f1", "_line": 103, "n": 101}
    assert outcome.rows[1] == {"file": "S1/even.csv", "_file_id": "f0", "_line": 104, "n": 102}


def test_every_rule_is_judged_in_the_order_of_the_suite(numbers: Path) -> None:
    rules = [query(f"select n from {{batch}} where n = {n}", name) for n, name in ((1, "b"), (-1, "c"), (2, "a"))]
    found = run(numbers, *rules)
    assert [(o.rule, o.success) for o in found.outcomes] == [("b", False), ("c", True), ("a", False)]
    assert [r.expectation_config.meta["rule"] for r in found.result.results] == ["b", "c", "a"]


def test_a_missing_column_is_named(numbers: Path) -> None:
    kwargs = {"column_set": ["n", "price"], "exact_match": False}
    outcome = run(numbers, Expectation("expect_table_columns_to_match_set", kwargs, "fields", "load")).outcomes[0]
    assert (outcome.success, outcome.observed) == (False, "missing: price")


@pytest.mark.parametrize("severity", ["critical", "warning"])
def test_a_rule_that_cannot_be_evaluated_stops_the_flow(numbers: Path, severity: str) -> None:
    found = run(numbers, query("select nothing_there from {batch}"), severity=severity)
    outcome = found.outcomes[0]
    assert (outcome.success, outcome.severity, outcome.unexpected_count) == (False, "critical", None)
    assert "could not be evaluated" in outcome.observed
    assert "nothing_there" in outcome.observed


def test_a_rule_that_cannot_be_evaluated_takes_no_other_with_it(numbers: Path) -> None:
    rules = query("select nothing_there from {batch}", "a"), query("select n from {batch} where n = 1", "b")
    found = run(numbers, *rules)
    with open_validator(numbers, {}, lambda _: None, "run") as validator:
        broken = Suite("marts.a.critical", "t", (query("select nothing_there from {batch}"),), {})
        good = Suite("marts.b.critical", "t", (query("select n from {batch} where n < 0"),), {})
        runs = [validator.run_suite(suite).outcomes[0] for suite in (broken, good)]
    assert [o.unexpected_count for o in (*found.outcomes, *runs)] == [None, 1, None, 0]


def test_an_error_of_the_engine_quotes_no_cell(numbers: Path) -> None:
    found = run(numbers, query("select cast('no. 13912345678' || n as int) as x from {batch} where x > 0"))
    assert not found.outcomes[0].success
    kept = str(found.result.to_json_dict()["results"][0]["exception_info"])
    assert "13912345678" not in found.outcomes[0].observed + kept


def test_a_missing_relation_is_no_pass(numbers: Path) -> None:
    suite = Suite("marts.u.warning", "not_there", (query("select * from {batch}"),), {})
    with open_validator(numbers, {}, lambda _: None, "run") as validator:
        assert validator.run_suite(suite).outcomes[0].severity == "critical"


def test_a_suite_of_which_nothing_ran_is_no_pass(numbers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import_great_expectations()
    from great_expectations.datasource.fluent.interfaces import Batch

    original = Batch.validate

    def forget(self: Any, *arguments: Any, **options: Any) -> Any:
        result = original(self, *arguments, **options)
        result.results.clear()
        return result

    monkeypatch.setattr(Batch, "validate", forget)
    with pytest.raises(RuntimeError, match="0 of 1 rules were evaluated"):
        run(numbers, query("select n from {batch} where n < 0"))


def test_colons_percents_and_braces_reach_the_engine(numbers: Path) -> None:
    sql = (
        "select n from {batch} where n::varchar like '99%' and regexp_full_match(n::varchar, '(?:9){{3}}') "
        "and timestamp '2024-01-01 10:30:00' > '2024-01-01'::timestamp and 'a :b' <> 'c'"
    )
    assert run(numbers, query(sql)).outcomes[0].unexpected_count == 1


def test_a_second_database_is_read_beside_the_first(numbers: Path, tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "other's.duckdb") as other:
        other.execute("create table known as select 7 as n")
    with open_validator(numbers, {"control": tmp_path / "other's.duckdb"}, lambda _: None, "run") as validator:
        rule = query("select t.n from {batch} as t inner join control.known as known on t.n = known.n")
        assert validator.run_suite(Suite("marts.t.critical", "t", (rule,), {})).outcomes[0].rows == ({"n": 7},)


def test_data_is_open_for_reading_only_and_free_afterwards(numbers: Path) -> None:
    with open_validator(numbers, {}, lambda _: None, "run") as validator:
        assert isinstance(validator, Validator)
        with pytest.raises(duckdb.Error):
            duckdb.connect(numbers).execute("drop table t")
    with duckdb.connect(numbers) as database:
        database.execute("drop table t")
