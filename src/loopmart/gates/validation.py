"""Great Expectations over DuckDB: the one module that knows the library.

Importing it costs seconds of CPU, so it is imported when a gate runs and never before.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from loopmart.gates.outcomes import SHOWN_ROWS, RuleOutcome
from loopmart.gates.privacy import mask_error, mask_row
from loopmart.gates.suites import QUERY_TYPE, Expectation, Suite

Locate = Callable[[str], str | None]
"""From a file_id to the path under which the file arrived, None where it is unknown."""


_BIND_PARAMETER = re.compile(r"(?<![:\w\\]):(?=\w)")


class _Dialect(StrEnum):
    DUCKDB = "duckdb"


@cache
def import_great_expectations() -> Any:
    """Import the library silently, patched for DuckDB; the second call costs nothing."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    _silence_logging()
    import great_expectations

    _silence_logging()
    _keep_duckdb_connections()
    return great_expectations


def _silence_logging() -> None:
    # Airflow logs everything from INFO up, and some modules set their own level when they are imported.
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    for name, logger in logging.Logger.manager.loggerDict.items():
        if name.startswith("great_expectations.") and isinstance(logger, logging.Logger):
            logger.setLevel(logging.NOTSET)


def _keep_duckdb_connections() -> None:
    # The library closes the connection before it fetches, unless the dialect is in this tuple; DuckDB has
    # nothing to fetch then ("list index out of range", great_expectations issues 10738 and 11579).
    from great_expectations.execution_engine import sqlalchemy_execution_engine as engine

    if _Dialect.DUCKDB not in engine._PERSISTED_CONNECTION_DIALECTS:
        engine._PERSISTED_CONNECTION_DIALECTS = (*engine._PERSISTED_CONNECTION_DIALECTS, _Dialect.DUCKDB)


@dataclass(frozen=True)
class SuiteRun:
    """A suite that ran: the outcome of each rule, and the library's own result for the Data Docs."""

    suite: Suite
    outcomes: tuple[RuleOutcome, ...]
    result: Any


class Validator:
    """Runs suites over one DuckDB database that is open for reading.

    Args:
        source: a SQL data source.
        locate: finds the path of a file.
        run_name: stands on the pages as the name of the run.
    """

    def __init__(self, source: Any, locate: Locate, run_name: str) -> None:
        self._source = source
        self._locate = locate
        self._run = import_great_expectations().RunIdentifier(run_name=run_name)
        self._batches: dict[str, Any] = {}

    def run_suite(self, suite: Suite) -> SuiteRun:
        """Evaluate every rule of a suite, also after one has failed.

        Raises:
            RuntimeError: the library evaluated another number of rules than the suite holds.
        """
        gx = import_great_expectations()
        batch = self._get_batch(suite.relation)
        expectations = [_to_configuration(e, suite) for e in suite.expectations]
        # A validation definition would write suite and result to a store that nobody reads: a third of the time.
        result = batch.validate(
            gx.ExpectationSuite(name=suite.name, expectations=expectations), result_format="COMPLETE"
        )
        result.meta["run_id"] = self._run
        by_rule = {r.expectation_config.meta["rule"]: r for r in result.results}
        if len(result.results) != len(suite.expectations) or set(by_rule) != {e.rule for e in suite.expectations}:
            raise RuntimeError(f"{suite.name}: {len(by_rule)} of {len(suite.expectations)} rules were evaluated")
        result.results[:] = [by_rule[e.rule] for e in suite.expectations]
        outcomes = tuple(self._judge(suite, e, by_rule[e.rule]) for e in suite.expectations)
        return SuiteRun(suite, outcomes, result)

    def _get_batch(self, relation: str) -> Any:
        if relation not in self._batches:
            asset = self._source.add_query_asset(relation, query=f"select * from {relation}")
            self._batches[relation] = asset.add_batch_definition_whole_table(relation).get_batch()
        return self._batches[relation]

    def _judge(self, suite: Suite, expectation: Expectation, result: Any) -> RuleOutcome:
        error = _take_error(result)
        if error is not None:
            # A rule that cannot be evaluated guards nothing, so it stops the flow whatever its severity.
            observed = f"could not be evaluated: {error}"
            return RuleOutcome(
                suite.name, expectation.rule, expectation.remedy, "critical", False, observed, unexpected_count=None
            )
        count, observed, rows = self._read_result(expectation, result)
        return RuleOutcome(
            suite.name,
            expectation.rule,
            expectation.remedy,
            suite.severity,
            bool(result.success),
            observed,
            count,
            rows,
        )

    def _read_result(self, expectation: Expectation, result: Any) -> tuple[int, str, tuple[dict[str, Any], ...]]:
        found = result.result
        if expectation.type == QUERY_TYPE:
            details = found.get("details", {})
            rows = tuple(self._show_row(row) for row in details.get("unexpected_rows", [])[:SHOWN_ROWS])
            details["unexpected_rows"] = list(rows)
            count = int(found["observed_value"])
            return count, f"{count} offending row{'' if count == 1 else 's'}", rows
        mismatched = (found.get("details") or {}).get("mismatched") or {}
        missing = mismatched.get("missing")
        observed = f"missing: {', '.join(missing)}" if missing else str(found.get("observed_value"))
        return int(not result.success), observed, ()

    def _show_row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        shown = mask_row(row)
        path = self._locate(str(row["_file_id"])) if row.get("_file_id") else None
        return {"file": path, **shown} if path else shown


def _to_configuration(expectation: Expectation, suite: Suite) -> dict[str, Any]:
    kwargs = dict(expectation.kwargs)
    if expectation.type == QUERY_TYPE:
        # A colon before a word would be taken for a bind parameter; `::type` and times are left alone.
        kwargs["unexpected_rows_query"] = _BIND_PARAMETER.sub(r"\:", kwargs["unexpected_rows_query"])
    return {
        "type": expectation.type,
        "kwargs": kwargs,
        "severity": suite.severity,
        "description": expectation.rule,
        "meta": {"rule": expectation.rule, "remedy": expectation.remedy},
    }


def _take_error(result: Any) -> str | None:
    """The error of a rule that could not be evaluated; its traceback, which may quote values, is dropped."""
    info = result.exception_info or {}
    raised = info if "raised_exception" in info else next(iter(info.values()), {})
    if not raised.get("raised_exception"):
        return None
    message = mask_error(str(raised.get("exception_message")))
    result.exception_info = {"raised_exception": True, "exception_message": message, "exception_traceback": ""}
    return message


@contextmanager
def open_validator(database: Path, attached: Mapping[str, Path], locate: Locate, run_name: str) -> Iterator[Validator]:
    """Open a DuckDB database for reading, others attached to it under their names, and close all at the end.

    Args:
        database: the file whose relations suites name without a catalog.
        attached: further files by catalog name, opened for reading too.
        locate: finds the path of a file for the rows that are shown.
        run_name: the id of the run.
    """
    gx = import_great_expectations()
    context = gx.get_context(mode="ephemeral")
    context._save_project_config = lambda: None  # it is kept nowhere, and written out as YAML for each relation
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    source = context.data_sources.add_sql(
        "loopmart",
        connection_string=f"duckdb:///{database}",
        # Without a transaction a rule that cannot be evaluated takes none of the others with it.
        kwargs={"connect_args": {"read_only": True}, "isolation_level": "AUTOCOMMIT"},
    )
    engine = source.get_execution_engine()
    try:
        with engine.get_connection() as connection:
            for name, path in attached.items():
                connection.exec_driver_sql(f"attach '{str(path).replace(chr(39), chr(39) * 2)}' as {name} (read_only)")
        yield Validator(source, locate, run_name)
    finally:
        # The library would keep the persisted connection, and with it the lock on the file.
        with engine.get_connection() as connection:
            connection.close()
        engine.engine.dispose()
        source.get_engine().dispose()
