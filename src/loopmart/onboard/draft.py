"""A source contract in the making, with a note on each thing that was decided, or is left to a person."""

from __future__ import annotations

from collections.abc import Mapping as Readable
from dataclasses import dataclass, field
from typing import Any, Literal

from loopmart.contracts.feeds import Feed, Property
from loopmart.onboard.columns import Mapping
from loopmart.onboard.evidence import Column
from loopmart.onboard.layout import Layout
from loopmart.onboard.words import value_meaning

Level = Literal["sure", "unsure", "needs you"]


@dataclass(frozen=True)
class Note:
    """One decision: how sure it is, what it is about, and the line, column or value that it rests on."""

    level: Level
    about: str
    text: str


@dataclass(frozen=True)
class Choices:
    """What a person has said already.

    Attributes:
        columns: header name → field.
        constants: field → value.
        formats: field → strptime format.
        unit: of all amounts; None where the sample has to say.
    """

    columns: Readable[str, str] = field(default_factory=dict)
    constants: Readable[str, str] = field(default_factory=dict)
    formats: Readable[str, str] = field(default_factory=dict)
    unit: Literal["yuan", "fen"] | None = None


@dataclass
class Draft:
    """What the contract will say, field by field; `open_fields` are required ones that nothing feeds yet."""

    name: str
    layouts: list[Layout]
    columns: list[Column]
    mapping: Mapping
    choices: Choices
    plain: dict[str, str] = field(default_factory=dict)
    derive: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    stores: dict[str, str] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)
    filters: list[dict[str, str]] = field(default_factory=list)
    trailer: dict[str, Any] = field(default_factory=dict)
    promises: list[dict[str, str]] = field(default_factory=list)
    period: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    open_fields: list[str] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)

    @property
    def feed(self) -> Feed:
        """The feed that the table is one of."""
        return self.mapping.feed

    @property
    def fields(self) -> dict[str, Property]:
        """The feed's fields by name."""
        return {f.name: f for f in self.feed.fields}

    @property
    def form(self) -> str:
        """text, workbook, json or parquet."""
        return self.layouts[0].table.form

    def note(self, level: Level, about: str, text: str) -> None:
        """Keep a decision and its reason."""
        self.notes.append(Note(level, about, text))

    def place(self, name: str, column: Column) -> None:
        """Let a field be fed by the cells of a column as they stand."""
        assignment = self.mapping.taken.get(name)
        if column.name in self.plain or column.guard or (assignment and assignment.is_shared):
            self.derive[name] = text_sql(column)
        else:
            self.plain[column.name] = name

    def is_fed(self, name: str) -> bool:
        """Whether something feeds a field."""
        given = {*self.plain.values(), *self.derive, *self.constants}
        return name in given or name == self.stores.get("field", "store_id" if self.stores else "")

    def words_of_kind(self, kind: str) -> list[str]:
        """The words of the samples that mean a kind (refund, void, …)."""
        return [word for word, meaning in self.kinds.items() if meaning == kind]

    def where(self, column: Column, value: str) -> str:
        """The place of a value: `line 7`."""
        return next((f"line {line}" for line, text in column.cells if text == value), "no line")


def cell(column: Column) -> str:
    """The cell of a column in an expression."""
    return f"[{column.name}]"


def text_sql(column: Column) -> str:
    """The text of a cell without the guard of a spreadsheet."""
    if column.guard == "'":
        return f"ltrim({cell(column)}, '''')"
    if column.guard == "=":
        return f"regexp_replace({cell(column)}, '^=\"?|\"$', '', 'g')"
    return cell(column)


def quote(words: list[str]) -> str:
    """Texts as a list of SQL literals."""
    return ", ".join("'" + word.replace("'", "''") + "'" for word in words)


def is_one_of(column: Column, words: list[str]) -> str:
    """The condition that a cell is one of some words."""
    return f"{cell(column)} = {quote(words)}" if len(words) == 1 else f"{cell(column)} in ({quote(words)})"


def read_kinds(column: Column, meanings: list[str]) -> dict[str, str]:
    """The different words of a column and what they mean, those that are known."""
    told = {word: value_meaning(word, meanings) for word in dict.fromkeys(column.values)}
    return {word: meaning for word, meaning in told.items() if meaning}
