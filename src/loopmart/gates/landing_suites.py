"""Landing suites: rendered from what a feed's contract says, so that a rule is written once.

Every query gives `_file_id` and `_line`, and never a personal value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from loopmart.contracts.feeds import Feed, Property, bound_date
from loopmart.gates.suites import QUERY_TYPE

TOKEN_PATTERN = "[0-9a-f]{{32}}"  # noqa: S105  a form, braces doubled for the library's own place-holders
_NUMBERS = ("int", "bigint", "decimal")


@dataclass(frozen=True)
class FieldModel:
    """One field of a feed: what the landing gate has to know of it.

    `type` is the physical type (varchar, int, bigint, date, timestamp, decimal(p,s)); `minimum` and `maximum`
    bound a number; `pattern` is a regular expression for the whole text; `is_personal` values are never shown.
    """

    name: str
    type: str
    required: bool = False
    unique_key: bool = False
    allowed_values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    is_personal: bool = False
    is_token: bool = False


@dataclass(frozen=True)
class RuleModel:
    """A rule over one row as a boolean SQL expression that holds for good rows."""

    name: str
    description: str
    expression: str


@dataclass(frozen=True)
class FeedModel:
    """A feed: fields, row rules, the money field of its control totals, the field that dates its rows."""

    name: str
    fields: tuple[FieldModel, ...]
    rules: tuple[RuleModel, ...] = ()
    control_amount: str | None = None
    business_date: str | None = None
    key: tuple[str, ...] = field(default=())


def describe_feed(feed: Feed) -> FeedModel:
    """The part of a feed contract that the landing gate guards."""
    return FeedModel(
        name=feed.name,
        fields=tuple(_describe_field(f) for f in feed.fields),
        rules=tuple(RuleModel(r.name, r.description, r.implementation) for r in feed.row_rules),
        control_amount=feed.control_amount,
        business_date=feed.business_date,
        key=tuple(feed.key),
    )


def _describe_field(source: Property) -> FieldModel:
    options = source.logicalTypeOptions
    return FieldModel(
        name=source.name,
        type=source.physicalType,
        required=source.required,
        unique_key=source.primaryKey,
        allowed_values=tuple(source.allowed_values),
        minimum=options.minimum,
        maximum=options.maximum,
        pattern=options.pattern,
        is_personal=source.classification == "personal",
        is_token=source.token_of is not None,
    )


def render_landing_suites(feed_models: Iterable[FeedModel]) -> dict[str, str]:
    """The suites of the landing gate, one a feed.

    Returns:
        The text of each suite by the name of its file, `landing.<feed>.critical.json`.
    """
    return {f"landing.{feed.name}.critical.json": _to_json(_render_feed(feed)) for feed in feed_models}


def _to_json(suite: dict[str, Any]) -> str:
    return json.dumps(suite, indent=2, ensure_ascii=False) + "\n"


def _render_feed(feed: FeedModel) -> dict[str, Any]:
    rules = [
        _fields_are_there(feed),
        _required_is_filled(feed),
        _key_is_unique(feed),
        _values_in_bounds(feed),
        _values_are_known(feed),
        _dates_are_plausible(feed),
        _identifiers_are_tokens(feed),
        *(_row_rule(feed, rule) for rule in feed.rules),
    ]
    meta = {"relation": f"landing_{feed.name}"}
    if feed.control_amount:
        meta["control_amount"] = feed.control_amount
    return {
        "name": f"landing.{feed.name}.critical",
        "meta": meta,
        "expectations": [rule for rule in rules if rule],
    }


def _expectation(kind: str, kwargs: dict[str, Any], rule: str, remedy: str) -> dict[str, Any]:
    return {"type": kind, "kwargs": kwargs, "severity": "critical", "meta": {"rule": rule, "remedy": remedy}}


def _query(lines: Sequence[str], rule: str, remedy: str) -> dict[str, Any]:
    return _expectation(QUERY_TYPE, {"unexpected_rows_query": list(lines)}, rule, remedy)


def _fields_are_there(feed: FeedModel) -> dict[str, Any]:
    names = [f.name for f in feed.fields]
    return _expectation(
        "expect_table_columns_to_match_set",
        {"column_set": [*names, "sender_id", "_file_id", "_line"], "exact_match": False},
        "every field of the contract is there",
        f"Load the files again (loopmart ingest); if the field is new, contracts/feeds/{feed.name}.odcs.yaml "
        "and the lake's batch=schema differ.",
    )


def _required_is_filled(feed: FeedModel) -> dict[str, Any] | None:
    missing = {f.name: _is_missing(f) for f in feed.fields if f.required}
    if not missing:
        return None
    return _report(
        missing,
        [f"case when {test} then '{name}' end" for name, test in missing.items()],
        "missing_fields",
        "required fields are filled",
        "Ask the sender for a file in which these fields are filled, or make the field optional in the contract.",
    )


def _is_missing(source: FieldModel) -> str:
    return f"coalesce({source.name}, '') = ''" if source.type == "varchar" else f"{source.name} is null"


def _key_is_unique(feed: FeedModel) -> dict[str, Any] | None:
    key = feed.key or tuple(f.name for f in feed.fields if f.unique_key)
    if not key:
        return None
    personal = {f.name for f in feed.fields if f.is_personal}
    digest = f"hash(_file_id, {', '.join(key)})"
    shown = [name for name in key if name not in personal]
    columns = ["_file_id", "min(_line) as _line", "max(_line) as last_line", "count(*) as row_count", *shown]
    return _query(
        [
            f"select {', '.join(columns)}",
            "from {batch}",
            f"where {digest} in (select {digest} from {{batch}} group by 1 having count(*) > 1)",
            f"group by {', '.join(['_file_id', *key])}",
            "having count(*) > 1",
            "order by _file_id, _line",
        ],
        f"{' + '.join(key)} is unique in a file",
        "Ask the sender for a file without the repeated rows; a repeated line would be counted twice.",
    )


def _values_in_bounds(feed: FeedModel) -> dict[str, Any] | None:
    tests = {f.name: test for f in feed.fields if (test := _is_out_of_bounds(f))}
    if not tests:
        return None
    return _report(
        tests,
        [f"case when {test} then '{name} = ' || {name} end" for name, test in tests.items()],
        "out_of_bounds",
        "numbers are within the bounds of the contract",
        "Compare the line with the till: a wrong sign or unit in the source's YAML, or a wrong cell in the file.",
    )


def _is_out_of_bounds(source: FieldModel) -> str | None:
    if not source.type.startswith(_NUMBERS):
        return None
    tests = []
    if source.minimum is not None:
        tests.append(f"{source.name} < {source.minimum:g}")
    if source.maximum is not None:
        tests.append(f"{source.name} > {source.maximum:g}")
    return " or ".join(tests) or None


def _values_are_known(feed: FeedModel) -> dict[str, Any] | None:
    tests = {f.name: test for f in feed.fields if (test := _is_unknown(f))}
    if not tests:
        return None
    personal = {f.name for f in feed.fields if f.is_personal}
    return _report(
        tests,
        [
            f"case when {test} then '{name}{chr(39) if name in personal else f' = {chr(39)} || {name}'} end"
            for name, test in tests.items()
        ],
        "unknown_values",
        "values are those that the contract knows",
        "Correct the value at the sender, or add it to the field's list or pattern in the feed contract.",
    )


def _is_unknown(source: FieldModel) -> str | None:
    if source.allowed_values:
        return f"{source.name} not in ({', '.join(_quote(v) for v in source.allowed_values)})"
    if source.pattern:
        pattern = source.pattern.replace("{", "{{").replace("}", "}}")
        return f"not regexp_full_match({source.name}, {_quote(pattern)})"
    return None


def _dates_are_plausible(feed: FeedModel) -> dict[str, Any] | None:
    bounds = {
        f.name: bound_date(f.name, f.type, feed.business_date) for f in feed.fields if f.type in ("date", "timestamp")
    }
    if not bounds:
        return None
    tests = {name: test for name, (test, _) in bounds.items()}
    return _report(
        tests,
        [f"case when {test} then '{name} = ' || {name} end" for name, test in tests.items()],
        "implausible_dates",
        f"dates lie {max(wanted for _, wanted in bounds.values())}",  # "between …" if one of them does, else "after …"
        "Check the clock of the till and the date format in the source's YAML (day and month swapped?).",
    )


def _identifiers_are_tokens(feed: FeedModel) -> dict[str, Any] | None:
    tests = {f.name: f"not regexp_full_match({f.name}, '{TOKEN_PATTERN}')" for f in feed.fields if f.is_token}
    if not tests:
        return None
    return _report(
        tests,
        [f"case when {test} then '{name}' end" for name, test in tests.items()],
        "raw_identifiers",
        "personal identifiers are tokens",
        "A raw identifier reached the lake: revoke the file (loopmart revoke), delete its batch, repair the token "
        "step before anything is loaded again.",
    )


def _row_rule(feed: FeedModel, rule: RuleModel) -> dict[str, Any]:
    named = [f.name for f in feed.fields if re.search(rf"\b{re.escape(f.name)}\b", rule.expression)]
    personal = {f.name for f in feed.fields if f.is_personal}
    shown = [name for name in named if name not in personal]
    expression = rule.expression.replace("{", "{{").replace("}", "}}")
    return _query(
        [
            f"select {', '.join(['_file_id', '_line', *shown])}",
            "from {batch}",
            f"where not ({expression})",
            "order by _file_id, _line",
        ],
        f"{rule.name}: {rule.description.rstrip('.')}",
        "Compare the line with the sender's own figures; the file should have been stopped at ingest, so also "
        "look whether the contract is newer than the load.",
    )


def _report(tests: dict[str, str], cases: Sequence[str], column: str, rule: str, remedy: str) -> dict[str, Any]:
    separator = ", "
    return _query(
        [
            f"select _file_id, _line, concat_ws('{separator}',",
            *(f"    {case}," for case in cases[:-1]),
            f"    {cases[-1]}",
            f") as {column}",
            "from {batch}",
            *_any_of(list(tests.values())),
            "order by _file_id, _line",
        ],
        rule,
        remedy,
    )


def _any_of(tests: Sequence[str]) -> list[str]:
    return [f"where {tests[0]}", *(f"    or {test}" for test in tests[1:])]


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
