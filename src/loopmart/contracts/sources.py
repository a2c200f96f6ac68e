"""Sources: how one system's export maps to a feed. One YAML each, no code."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from loopmart.contracts.feeds import Feed
from loopmart.contracts.parse import Strict, parse_contract
from loopmart.errors import ContractError

DERIVED_FIELDS = {"business_date"}
"""Fields that the reader derives; no source gives them."""


class Trailer(Strict):
    """The last line of a file, and what it promises of the lines above.

    `sums` maps a header name to the feed field whose sum stands in that cell; `row_count` names the header
    whose cell holds the number of data rows.
    """

    first_cell: str
    row_count: str | None = None
    sums: dict[str, str] = {}


class Period(Strict):
    """Which span of business dates one file speaks for, so that a correction can supersede it.

    `snapshot` is one list that is valid until the next; `sender` takes the grain that stores.csv gives.
    `pattern` finds the first and last day in the lines above the header, where an export states them;
    without it the span is told from the dates in `field`.
    """

    grain: Literal["day", "month", "sender", "snapshot"]
    field: str | None = None
    pattern: str | None = None


class Source(Strict):
    """One system's way to export a feed."""

    source: str
    feed: str
    description: str
    format: Literal["csv", "xlsx"]
    encodings: list[Literal["utf-8", "gb18030", "utf-16"]] = ["utf-8"]
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    header: list[list[str]] = Field(min_length=1)
    trailer: Trailer | None = None
    comment: str | None = None
    columns: dict[str, str]
    ignored: list[str] = []
    constants: dict[str, str] = {}
    formats: dict[str, str] = {}
    period: Period

    @property
    def decimal_comma(self) -> bool:
        """Whether amounts are written 1,99 instead of 1.99."""
        return self.formats.get("decimal", ".") == ","

    @model_validator(mode="after")
    def _every_header_cell_has_a_meaning(self) -> Source:
        known = {*self.columns, *self.ignored}
        for header in self.header:
            stray = [cell for cell in header if cell not in known]
            if stray:
                raise ValueError(f"header cells neither in columns nor in ignored: {stray}")
        promised = [*self.trailer.sums, self.trailer.row_count] if self.trailer else []
        missing = [cell for cell in promised if cell and not any(cell in h for h in self.header)]
        if missing:
            raise ValueError(f"the trailer names cells that stand in no header: {missing}")
        return self

    def check_against(self, feed: Feed) -> None:
        """Check that every field of the feed is fed, and only by names that it has.

        Raises:
            ContractError: both lists, of unmapped and of unknown fields.
        """
        fields = {f.name for f in feed.fields}
        given = {*self.columns.values(), *self.constants} | (DERIVED_FIELDS & fields)
        unmapped = [f.name for f in feed.fields if f.required and f.name not in given]
        unknown = sorted(given - fields)
        if unmapped or unknown:
            raise ContractError(
                f"source {self.source}: required fields of {feed.name} without a column: {unmapped}; "
                f"columns mapped to fields that {feed.name} does not have: {unknown}"
            )


def load_sources(contracts_dir: Path, feeds: dict[str, Feed]) -> dict[str, Source]:
    """Read every source of `contracts/sources`, by name, checked against its feed.

    Raises:
        ContractError: a file is no valid source, is misnamed, or names a feed that does not exist.
    """
    sources: dict[str, Source] = {}
    for path in sorted((contracts_dir / "sources").glob("*.yaml")):
        source = parse_contract(Source, path)
        if path.stem != source.source:
            raise ContractError(f"{path}: holds the source {source.source}; name the file {source.source}.yaml")
        if source.feed not in feeds:
            raise ContractError(f"{path}: feed {source.feed} is none of {sorted(feeds)}")
        source.check_against(feeds[source.feed])
        sources[source.source] = source
    if not sources:
        raise ContractError(f"{contracts_dir / 'sources'}: no source contract (*.yaml) found")
    return sources
