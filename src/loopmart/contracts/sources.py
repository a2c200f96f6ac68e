"""Sources: how one system's export maps to a feed. One YAML each, no code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from loopmart.contracts.feeds import Feed
from loopmart.contracts.parse import Strict, parse_contract
from loopmart.errors import ContractError

CELL = re.compile(r"\[([^\]]+)\]")
DERIVED_FIELDS = {"business_date"}
"""Fields that the reader derives; no source gives them."""


class Trailer(Strict):
    """The lines below the data, in one of three forms.

    `first_cell`: one line under the header's own names, which begins with this cell. `header`: a line of other
    names, then a line of values; every known generation of those names. `begins_with`: prose, each line with
    this beginning. A file without its trailer is not complete.
    """

    first_cell: str | None = None
    header: list[list[str]] = []
    begins_with: str | None = None

    @model_validator(mode="after")
    def _has_one_form(self) -> Trailer:
        if sum(map(bool, (self.first_cell, self.header, self.begins_with))) != 1:
            raise ValueError("a trailer is told by exactly one of first_cell, header and begins_with")
        return self


class Promise(Strict):
    """A control total that a file states of itself.

    `cell` names a cell of the trailer; `find` is a pattern whose first group is the figure, sought in the lines
    above the header and below the data. `equals` is an aggregate over the data lines, in which `[name]` is the
    text of a cell and `amount([name])` its number. Where the vendor says that its totals may differ,
    `enforced: false` reports a difference instead of refusing the file.
    """

    cell: str | None = None
    find: str | None = None
    equals: str
    enforced: bool = True


class Filter(Strict):
    """Lines that are no records, such as totals among the data: counted as filtered, not loaded."""

    when: str
    reason: str


class Period(Strict):
    """Which span of business dates one file speaks for, so that a correction can supersede it.

    `append` says that a file only adds entries: several of one day stand beside each other (accounts, campaigns,
    pages of an answer), an entry that counts already is quarantined as a repetition, and nothing is superseded.
    `snapshot` is one list that is valid until the next; `sender` takes the grain that stores.csv gives.
    `pattern` finds the first and last day in the lines above the header, where an export states them;
    without it the span is told from the dates in `field`.
    """

    grain: Literal["day", "month", "sender", "snapshot", "append"]
    field: str | None = None
    pattern: str | None = None


class Source(Strict):
    """One system's way to export a feed: a table (as text or as a workbook, the same columns), or JSON.

    A cell of `header` may be written `new name|old name` where either stands there. `columns` maps header names
    to fields; several generations of a name may map to one field. `derive` gives fields as SQL over cells, where
    `[name]` or `[new name|old name]` is the text of the first cell of these names that the file has, and NULL
    without one. `line_prefix` is a guard before each data line, and `data_delimiter` what separates their cells
    where it differs from the header's; a file that lost both (as an Excel re-save does) is read with the plain
    delimiter. In JSON, `records` is the dotted path to the list of records and `header` the keys that each must
    have; other keys may come and go. `time_zone` is that of the file's times where it is not the sender's own.
    """

    source: str
    feed: str
    description: str
    format: Literal["table", "json"]
    encodings: list[Literal["utf-8", "gb18030", "utf-16"]] = ["utf-8"]
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    records: str = ""
    data_delimiter: str | None = Field(default=None, min_length=1, max_length=4)
    line_prefix: str | None = None
    header: list[list[str]] = Field(min_length=1)
    trailer: Trailer | None = None
    promises: list[Promise] = []
    filters: list[Filter] = []
    columns: dict[str, str]
    derive: dict[str, str] = {}
    ignored: list[str] = []
    constants: dict[str, str] = {}
    formats: dict[str, str] = {}
    time_zone: str | None = None
    period: Period

    @property
    def decimal_comma(self) -> bool:
        """Whether amounts are written 1,99 instead of 1.99."""
        return self.formats.get("decimal", ".") == ","

    @model_validator(mode="after")
    def _every_header_cell_has_a_meaning(self) -> Source:
        known = {*self.columns, *self.ignored}
        for header in self.header:
            stray = [name for cell in header for name in cell.split("|") if name not in known]
            if stray:
                raise ValueError(f"header cells neither in columns nor in ignored: {stray}")
        expressions = [*self.derive.values(), *(f.when for f in self.filters), *(p.equals for p in self.promises)]
        names = {name for text in expressions for names in CELL.findall(text) for name in names.split("|")}
        standing = {name for header in self.header for cell in header for name in cell.split("|")}
        unknown = sorted(names - standing)
        if unknown:
            raise ValueError(f"expressions name cells that stand in no header: {unknown}")
        return self

    def check_against(self, feed: Feed) -> None:
        """Check that every field of the feed is fed, and only by names that it has.

        Raises:
            ContractError: both lists, of unmapped and of unknown fields.
        """
        fields = {f.name for f in feed.fields}
        given = {*self.columns.values(), *self.constants, *self.derive} | (DERIVED_FIELDS & fields)
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
