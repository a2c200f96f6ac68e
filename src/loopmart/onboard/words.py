"""The dictionary of header words and cell values (header_words.yaml), and how names are compared."""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from loopmart.contracts.parse import Strict, parse_contract

FUZZY_RATIO = 0.82
"""Names that are at least so alike (difflib) are proposed, and marked as unsure."""
OF_LINES = ["sale", "refund", "void"]
"""What a column of types says in a feed that has no field for it."""
MIN_CONTAINED = 2
"""A word of fewer signs that only stands within a name says nothing."""
_BRACKETS = re.compile(r"[(\[【（].*?[)\]】）]")
_UNITS = {"fen": ("分", "fen", "cent", "cents"), "yuan": ("元", "￥", "¥", "yuan", "rmb", "cny")}
_GUARDS = "\ufeff \t\r\n\"'`"


class FeedWords(Strict):
    """What makes a table one of a feed, and the words that mean something in this feed only."""

    core: list[str]
    words: dict[str, list[str]] = {}


class Words(Strict):
    """The dictionary."""

    fields: dict[str, list[str]]
    feeds: dict[str, FeedWords]
    values: dict[str, list[str]]
    columns_of_tenders: list[str]
    totals: list[str]
    issuers: dict[str, list[str]]
    personal: dict[str, list[str]]


@dataclass(frozen=True)
class Match:
    """How well a name fits a field: `exact` is a word of the dictionary; `rank` its place, 0 the best."""

    how: Literal["exact", "contains", "alike"]
    word: str
    rank: int

    @property
    def score(self) -> float:
        """1 for a word of the dictionary, less for one that is only near."""
        return {"exact": 1.0, "contains": 0.6, "alike": 0.5}[self.how]


@cache
def load_words() -> Words:
    """Read the dictionary that comes with the package.

    Raises:
        ContractError: it is damaged.
    """
    return parse_contract(Words, Path(__file__).with_name("header_words.yaml"))


def clean_name(name: object) -> str:
    """A header cell as a contract names it: without guards, byte order mark and blanks around it."""
    return str(name).strip(_GUARDS)


@cache
def normalise(name: str) -> str:
    """A name for comparison: no width, case, guards, blanks, `_`, `-`, `.`, nor what stands in brackets."""
    text = unicodedata.normalize("NFKC", name).strip(_GUARDS).casefold()
    bare = _BRACKETS.sub("", text) or text
    return re.sub(r"[\s_\-.:]", "", bare)


def unit_of(name: str) -> str | None:
    """`yuan` or `fen` where a header cell names its unit in brackets or at its end; None where it names none."""
    text = unicodedata.normalize("NFKC", name).strip(_GUARDS).casefold()
    inside = "".join(_BRACKETS.findall(text)).strip("()[]+-")
    tail = re.split(r"[_\s]", text)[-1]
    return next((unit for unit, signs in _UNITS.items() if {inside[-4:], inside, tail} & set(signs)), None)


@cache
def match_name(name: str, words: tuple[str, ...]) -> Match | None:
    """How a header cell fits a list of words; None where it does not."""
    wanted = normalise(name)
    if not wanted:
        return None
    forms = [normalise(word) for word in words]
    if wanted in forms:
        return Match("exact", words[forms.index(wanted)], forms.index(wanted))
    for rank, form in enumerate(forms):
        if _is_chinese(form) and len(form) > MIN_CONTAINED and form in wanted:
            return Match("contains", words[rank], rank)
    near = difflib.get_close_matches(wanted, forms, n=1, cutoff=FUZZY_RATIO)
    if near and len(wanted) > MIN_CONTAINED:
        return Match("alike", words[forms.index(near[0])], forms.index(near[0]))
    return None


def _is_chinese(form: str) -> bool:
    return any("\u4e00" <= sign <= "\u9fff" for sign in form)


@cache
def words_for(feed: str, field: str) -> tuple[str, ...]:
    """The words of a field in a feed: its own first, then those of every feed."""
    words = load_words()
    own = words.feeds[feed].words.get(field, []) if feed in words.feeds else []
    return (field, *own, *words.fields.get(field, []))


def is_total(cell: str) -> bool:
    """Whether a cell says that its line is a total, such as 合计, 总计： or Grand total."""
    return normalise(cell).rstrip(":：") in {normalise(word) for word in load_words().totals}


def personal_kind(name: str) -> str | None:
    """What personal data a column of this name holds (name, phone, staff, …); None where it holds none."""
    wanted = normalise(name)
    for kind, words in load_words().personal.items():
        forms = [normalise(word) for word in words]
        if wanted in forms or any(_is_chinese(form) and wanted.endswith(form) for form in forms):
            return kind
    return None


def value_meaning(value: str, meanings: list[str]) -> str | None:
    """Which of the meanings (sale, refund, …) a cell of a closed list has; None for an unknown word."""
    words = load_words().values
    exact = {normalise(word): m for m in reversed(meanings) for word in (m, *words.get(m, []))}
    return exact.get(normalise(value))


def is_known(name: str) -> bool:
    """Whether a cell is a word of the dictionary, whatever it means; how a header line is told from others."""
    return normalise(name) in _all_words()


@cache
def _all_words() -> frozenset[str]:
    words = load_words()
    lists = [*words.fields.values(), *words.personal.values(), words.columns_of_tenders]
    lists += [own for feed in words.feeds.values() for own in feed.words.values()]
    names = [*words.fields, *(name for own in lists for name in own)]
    return frozenset(normalise(name) for name in names)
