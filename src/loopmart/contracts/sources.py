"""Sources: how one system's export maps to a feed. One YAML each, no code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from loopmart.contracts.dues import Limit, PeriodName, parse_limit
from loopmart.contracts.feeds import Feed
from loopmart.contracts.parse import Strict, parse_contract
from loopmart.errors import ContractError

CELL = re.compile(r"\[\[(?P<plain>[^\[\]]*)\]\]|\[(?P<names>[^\[\]]+)\]")
"""A cell in an expression, `[name]` or `[name|older name]`; `[[…]]` stands for plain brackets, as in a regex."""
SETTING = re.compile(r"\{(sender|file)\.([a-z0-9_]+)\}")
"""What an expression may take from the sender's line of stores.csv, or from the file as a whole."""
FILE_SETTINGS = ("name", "period_start", "period_end")
DERIVED_FIELDS = {"business_date"}
"""Fields that the reader derives where no source gives them."""


class Trailer(Strict):
    """The lines below the data, in one of three forms.

    `first_cell`: one line under the header's own names, which begins with this cell (`a|b` for either). `header`:
    a line of other names, then a line of values; every known generation of those names. `begins_with`: prose, each
    line with this beginning, or with one of these. A file without its trailer is not complete.
    """

    first_cell: str | None = None
    header: list[list[str]] = []
    begins_with: str | list[str] | None = None

    @property
    def beginnings(self) -> tuple[str, ...]:
        """The beginnings of lines of prose; none where the trailer has another form."""
        return (self.begins_with,) if isinstance(self.begins_with, str) else tuple(self.begins_with or ())

    @model_validator(mode="after")
    def _has_one_form(self) -> Trailer:
        if sum(map(bool, (self.first_cell, self.header, self.begins_with))) != 1:
            raise ValueError("a trailer is told by exactly one of first_cell, header and begins_with")
        return self


class Promise(Strict):
    """A control total that a file states of itself.

    The figure stands in a `cell` of the trailer; in the text that a pattern finds above the header or below the data
    (`find`, its first group); in a `cell` of the lines among the data for which the condition `row` holds; or at
    a dotted `path` of a JSON document. `equals` is an aggregate over the data lines, in which `[name]` is the text
    of a cell and `amount([name])` its number; `over: all` counts the lines that filters drop, too. Every document
    of a file states the total of the file, with `each: document` that of itself. Where the vendor says that its
    totals may differ, `enforced: false` reports a difference instead of refusing the file.
    """

    cell: str | None = None
    find: str | None = None
    row: str | None = None
    path: str | None = None
    each: Literal["file", "document"] = "file"
    equals: str
    over: Literal["kept", "all"] = "kept"
    enforced: bool = True

    @model_validator(mode="after")
    def _has_one_place(self) -> Promise:
        if sum(map(bool, (self.cell, self.find, self.path))) != 1:
            raise ValueError("a promise stands in exactly one of cell, find and path")
        if self.row and not self.cell:
            raise ValueError("row tells in which lines the cell of a promise stands; name the cell")
        return self


class Filter(Strict):
    """Lines that are no records, such as totals among the data: counted as filtered, not loaded."""

    when: str
    reason: str


class Stores(Strict):
    """Which store a line is of, in the words of a vendor, for files that hold several stores.

    `name` is an expression over cells. The name is looked up among what stores.csv knows of each store: its
    sender_id, sender_name, and the settings `alias` and `alias.<vendor>`; width of letters and blanks do not matter.
    A file of a store in which just one unknown name stands is that store's. Any other unknown name is quarantined.
    """

    name: str
    vendor: str = Field(pattern=r"^[a-z0-9_]+$")
    field: str = "store_id"


class Period(Strict):
    """Which span of business dates one file speaks for, so that a correction can supersede it.

    `append` says that a file only adds entries: several of one day stand beside each other (accounts, campaigns,
    pages of an answer), an entry that counts already is quarantined as a repetition, and nothing is superseded.
    `snapshot` is one list that is valid until the next; `sender` takes the grain that stores.csv gives.
    `pattern` finds the first and last day (its groups) in the lines above the header, where an export states them,
    `file_name` in the file's name; a file without what its contract promises is refused. Expressions may use
    both days as `{file.period_start}` and `{file.period_end}`. Without a pattern the span is told from the dates
    in `field`.
    """

    grain: Literal["day", "month", "sender", "snapshot", "append"]
    field: str | None = None
    pattern: str | None = None
    file_name: str | None = None

    @field_validator("pattern", "file_name")
    @classmethod
    def _has_a_group(cls, value: str | None) -> str | None:
        if value is not None and not 1 <= re.compile(value).groups <= 2:
            raise ValueError("one group for the day, or two for the first and the last day")
        return value


class Source(Strict):
    """One system's way to export a feed: a table (as text or as a workbook, the same columns), or JSON.

    A cell of `header` may be written `new name|old name` where either stands there; those of `optional` may be
    missing. `columns` maps header names to fields; several generations of a name may map to one field. `derive`
    gives fields as SQL over cells, where `[name]` or `[new name|old name]` is the text of the first cell of these
    names that the file has, and NULL without one; `{sender.key}` is a setting of the sender. `empty` lists the
    cells that stand for nothing, `widths` how long codes are, so that lost leading zeros are reported.
    `line_prefix` is a guard before each data line, and `data_delimiter` what separates their cells where it differs
    from the header's; a file that lost both (as an Excel re-save does) is read with the plain delimiter. In JSON,
    `records` is the dotted path to the list of records and `header` the keys that each must have; other keys may
    come and go. `time_zone` is that of the file's times where it is not the sender's own. `due` says by when files
    of a `day` and of a `month` are there where stores.csv does not: `"10:00"` the day after, `+3d` by the end of
    the third day after, `+3d10:00`. A contract with `ignored_because` has no feed: its files are known and hold
    nothing to load.
    """

    source: str
    feed: str = ""
    ignored_because: str | None = None
    description: str
    format: Literal["table", "json"]
    encodings: list[Literal["utf-8", "gb18030", "utf-16"]] = ["utf-8"]
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    records: str = ""
    data_delimiter: str | None = Field(default=None, min_length=1, max_length=4)
    line_prefix: str | None = None
    header: list[list[str]] = Field(min_length=1)
    optional: list[str] = []
    trailer: Trailer | None = None
    promises: list[Promise] = []
    filters: list[Filter] = []
    empty: list[str] = []
    widths: dict[str, int] = {}
    stores: Stores | None = None
    columns: dict[str, str] = {}
    derive: dict[str, str] = {}
    ignored: list[str] = []
    constants: dict[str, str] = {}
    formats: dict[str, str] = {}
    time_zone: str | None = None
    period: Period = Period(grain="append")
    due: dict[PeriodName, Annotated[Limit, BeforeValidator(parse_limit)]] = {}

    @property
    def decimal_comma(self) -> bool:
        """Whether amounts are written 1,99 instead of 1.99."""
        return self.formats.get("decimal", ".") == ","

    @property
    def settings_named(self) -> set[tuple[str, str]]:
        """What expressions and constants take of the sender and of the file, as (owner, key)."""
        texts = [*self.derive.values(), *self.constants.values(), *([self.stores.name] if self.stores else [])]
        return {(found[1], found[2]) for text in texts for found in SETTING.finditer(text)} - {
            ("sender", "currency"), ("sender", "sender_id"),
        }  # fmt: skip

    @property
    def line_expressions(self) -> list[str]:
        """SQL of cells that judges lines."""
        promised = (text for p in self.promises for text in (p.equals, p.row) if text)
        return [*(f.when for f in self.filters), *promised]

    @property
    def expressions(self) -> list[str]:
        """All SQL of cells."""
        return [*self.line_expressions, *self.derive.values(), *([self.stores.name] if self.stores else [])]

    @property
    def header_names(self) -> set[str]:
        """Every name that may stand in a header."""
        cells = [*self.optional, *(cell for header in self.header for cell in header)]
        return {name for cell in cells for name in cell.split("|")}

    @model_validator(mode="after")
    def _has_a_feed_or_a_reason(self) -> Source:
        if bool(self.feed) == bool(self.ignored_because):
            raise ValueError("a source has a feed, or ignored_because says why its files are not loaded")
        return self

    @model_validator(mode="after")
    def _every_header_cell_has_a_meaning(self) -> Source:
        if self.ignored_because:
            return self
        stray = sorted(self.header_names - {*self.columns, *self.ignored})
        if stray:
            raise ValueError(f"header cells neither in columns nor in ignored: {stray}")
        unknown = sorted({*self.widths, *(n for text in self.expressions for n in names_in(text))} - self.header_names)
        if unknown:
            raise ValueError(f"expressions name cells that stand in no header: {unknown}")
        misplaced = sorted({found.group() for text in self.line_expressions for found in SETTING.finditer(text)})
        if misplaced:
            raise ValueError(f"only derive, stores and constants may take settings: {misplaced}")
        named = self.settings_named
        wrong = sorted(f"{{file.{key}}}" for owner, key in named if owner == "file" and key not in FILE_SETTINGS)
        if wrong:
            raise ValueError(f"a file has no {wrong}; it has {', '.join(FILE_SETTINGS)}")
        return self

    def check_against(self, feed: Feed) -> None:
        """Check that every field of the feed is fed, and only by names that it has.

        Raises:
            ContractError: both lists, of unmapped and of unknown fields.
        """
        fields = {f.name for f in feed.fields}
        given = {*self.columns.values(), *self.constants, *self.derive} | (DERIVED_FIELDS & fields)
        given |= {self.stores.field} if self.stores else set()
        unmapped = [f.name for f in feed.fields if f.required and f.name not in given]
        unknown = sorted(given - fields)
        if unmapped or unknown:
            raise ContractError(
                f"source {self.source}: required fields of {feed.name} without a column: {unmapped}; "
                f"columns mapped to fields that {feed.name} does not have: {unknown}"
            )


def names_in(expression: str) -> list[str]:
    """The header names that an expression takes cells of."""
    return [name for found in CELL.finditer(expression) for name in (found["names"] or "").split("|") if name]


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
        if source.feed:
            if source.feed not in feeds:
                raise ContractError(f"{path}: feed {source.feed} is none of {sorted(feeds)}")
            source.check_against(feeds[source.feed])
        sources[source.source] = source
    if not sources:
        raise ContractError(f"{contracts_dir / 'sources'}: no source contract (*.yaml) found")
    return sources
