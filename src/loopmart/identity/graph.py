"""The graph of evidence as arrays: identifiers in the order of their tokens, and what says that two of them met."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from loopmart.errors import LoopmartError
from loopmart.identity.rules import KINDS, TYPES
from loopmart.identity.tokens import Words, unpack_tokens

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

NOBODY: Final = -1
"""The other end of an edge that names one identifier only."""

NO_FIRST: Final = np.iinfo(np.int32).max
NO_LAST: Final = np.iinfo(np.int32).min
"""First and last day where none is known, so that any known day is earlier, and later."""

READ_ROWS: Final = 1 << 18
EDGE_COLUMNS: Final = (
    "a_type, a_issuer, a_token, b_type, b_issuer, b_token, evidence_kind, first_seen_date, last_seen_date, "
    "evidence_count, file_id, line, evidence_hash"
)
HASH_RANGE: Final = 1 << 62
"""Sums of hashes are kept modulo this number, so that each is a positive bigint."""


@dataclass(frozen=True)
class Edges:
    """Evidence, an entry per row. Days count from 1970-01-01.

    Attributes:
        a: code of the identifier, its place in Graph.
        b: code of the other one, or NOBODY.
        kind: place in KINDS.
        first: first day seen, or NO_FIRST.
        last: last day seen, or NO_LAST.
        row: place among Graph.sources; below NOBODY for a reviewed link, of line `-2 - row` of the decisions.
    """

    a: Codes
    b: Codes
    kind: npt.NDArray[np.uint8]
    first: Codes
    last: Codes
    row: Codes

    def take(self, chosen: Any) -> Edges:
        """The edges of a mask or of places."""
        return Edges(*(column[chosen] for column in vars(self).values()))

    def __len__(self) -> int:
        """How many rows."""
        return len(self.a)


@dataclass(frozen=True)
class Sources:
    """Where evidence stands, an entry per row.

    Attributes:
        count: how many records say it.
        file: place in files of the file of the earliest; NOBODY where it has none.
        line: its line.
        files: ids of files, ascending.
    """

    count: Ints
    file: Codes
    line: Ints
    files: list[str]

    def find(self, row: Codes) -> tuple[Codes, Ints]:
        """File and line of rows; for a decision NOBODY and the line of the decisions."""
        is_evidence = row > NOBODY
        file, line = np.full(len(row), NOBODY, dtype=np.int32), -2 - row.astype(np.int64)
        file[is_evidence], line[is_evidence] = self.file[row[is_evidence]], self.line[row[is_evidence]]
        return file, line


@dataclass(frozen=True)
class Graph:
    """Identifiers in the order of their tokens, with their evidence.

    Attributes:
        high, low: the tokens' two halves.
        scope: place in scopes.
        first, last: first and last day seen, or NO_FIRST and NO_LAST.
        count: records that name it.
        evidence: the seed of the rules and the hashes of its rows of evidence added up, modulo HASH_RANGE.
        edges: the evidence.
        sources: where it stands.
        scopes: (type, issuer) of each scope.
    """

    high: Words
    low: Words
    scope: npt.NDArray[np.int32]
    first: Codes
    last: Codes
    count: Ints
    evidence: Ints
    edges: Edges
    sources: Sources
    scopes: list[tuple[str, str]]
    types: npt.NDArray[np.uint8] = field(init=False)

    def __post_init__(self) -> None:
        """Tell the type of each identifier from its scope."""
        of_scope = np.array([TYPES.index(kind) for kind, _ in self.scopes], dtype=np.uint8)
        object.__setattr__(self, "types", of_scope[self.scope] if len(self.scope) else np.empty(0, np.uint8))

    def __len__(self) -> int:
        """How many identifiers."""
        return len(self.high)

    def find(self, high: Words, low: Words) -> Codes:
        """Codes of tokens; NOBODY where no evidence names one."""
        found = np.full(len(high), NOBODY, dtype=np.int32)
        left, right = np.searchsorted(self.high, high, "left"), np.searchsorted(self.high, high, "right")
        for step in range(int((right - left).max(initial=0))):  # more than one only where half a token is the same
            place = np.minimum(left + step, max(len(self) - 1, 0))
            is_it = (left + step < right) & (self.low[place] == low)
            found[is_it] = place[is_it]
        return found

    def add_evidence(self, codes: Codes, hashes: Ints) -> None:
        """Count further hashes to the evidence of identifiers; those of NOBODY to none."""
        known = codes != NOBODY
        np.add.at(self.evidence, codes[known], hashes[known])
        self.evidence[...] &= HASH_RANGE - 1

    def choose(self, core: Flags) -> tuple[Graph, Codes]:
        """The part with all evidence of the chosen identifiers, so with their neighbours; and the codes that it had."""
        edges = self.edges
        chosen = core[edges.a] | ((edges.b != NOBODY) & core[edges.b])
        inside = core.copy()
        inside[edges.a[chosen]] = True
        inside[edges.b[chosen & (edges.b != NOBODY)]] = True
        codes = np.flatnonzero(inside).astype(np.int32)
        new = np.full(len(self) + 1, NOBODY, dtype=np.int32)
        new[codes] = np.arange(len(codes), dtype=np.int32)
        part = edges.take(chosen)
        part = replace(part, a=new[part.a], b=new[part.b])
        found = Graph(
            self.high[codes], self.low[codes], self.scope[codes], self.first[codes], self.last[codes],
            self.count[codes], self.evidence[codes], part, self.sources, self.scopes,
        )  # fmt: skip
        return found, codes


def read_graph(session: duckdb.DuckDBPyConnection, source: str, seed: int) -> Graph:
    """Read edges with EDGE_COLUMNS.

    Args:
        session: the connection that knows the source.
        source: what stands after `from`; it is read three times.
        seed: of the rules.

    Raises:
        LoopmartError: a token, a type or a kind of evidence is none.
    """
    kinds = _list_texts(session, source, "evidence_kind")
    types = _list_texts(session, source, "a_type", "b_type")
    issuers = _list_texts(session, source, "a_issuer", "b_issuer")
    for what, found, known in (("kind of evidence", kinds, KINDS), ("type of identifier", types, TYPES)):
        for value in found:
            if value not in known:
                raise LoopmartError(f"identity: {value!r} is no {what}; one of {', '.join(known)}")
    columns = EDGE_COLUMNS
    for name, texts in (("kind", KINDS), ("type", TYPES), ("issuer", issuers)):  # the engine finds places faster
        values = ", ".join("'" + text.replace("'", "''") + "'" for text in texts) or "''"
        columns = re.sub(rf"\b(\w+_{name})\b", rf"cast(\1 as enum({values})) as \1", columns)
    columns = re.sub(r"\b(\w+_date)\b", r"cast(\1 as date) as \1", columns)
    columns = re.sub(r"\b(evidence_count|line)\b", r"cast(\1 as bigint) as \1", columns)
    reader = _Reader(issuers, seed)
    for batch in session.sql(f"select {columns} from {source}").to_arrow_reader(READ_ROWS):
        reader.add(batch)
    return reader.finish()


def _list_texts(session: duckdb.DuckDBPyConnection, source: str, *columns: str) -> list[str]:
    """The distinct texts of columns, in their order."""
    union = " union ".join(f"select {column} from {source} where {column} is not null" for column in columns)
    return sorted(text for (text,) in session.execute(f"select distinct * from ({union})").fetchall())


class _Reader:
    """Collects batches; texts that repeat are kept as places in a list."""

    def __init__(self, issuers: list[str], seed: int) -> None:
        self.columns: dict[str, list[npt.NDArray[Any]]] = {}
        self.issuers = issuers or [""]
        self.seed = seed
        self.files: dict[str, int] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        self._keep("a_high", "a_low", *unpack_tokens(batch.column("a_token"))[:2])
        high, low, has_b = unpack_tokens(batch.column("b_token"))
        self._keep("b_high", "b_low", high, low)
        columns = {
            "has_b": has_b,
            "a_scope": self._scope(batch, "a"),
            "b_scope": self._scope(batch, "b")[has_b],
            "kind": _indices(batch.column("evidence_kind")).astype(np.uint8),
            "first": _copy(batch.column("first_seen_date").cast(pa.int32()), NO_FIRST),
            "last": _copy(batch.column("last_seen_date").cast(pa.int32()), NO_LAST),
            "count": _copy(batch.column("evidence_count"), 0),
            "file": _places(batch.column("file_id"), self.files),
            "line": _copy(batch.column("line"), 0),
            "hash": _copy(batch.column("evidence_hash"), 0),
        }
        self._keep(*columns, *columns.values())

    def _keep(self, *names_and_values: Any) -> None:
        half = len(names_and_values) // 2
        for name, values in zip(names_and_values[:half], names_and_values[half:], strict=True):
            self.columns.setdefault(name, []).append(values)

    def _scope(self, batch: pa.RecordBatch, end: str) -> npt.NDArray[np.int32]:
        """Place of type and issuer in the list of scopes."""
        kind, issuer = (_indices(batch.column(f"{end}_{name}")) for name in ("type", "issuer"))
        scope: npt.NDArray[np.int32] = kind * np.int32(len(self.issuers)) + issuer
        return scope

    def finish(self) -> Graph:
        columns = self.columns
        if not columns:
            return _make_empty()
        count_a = sum(map(len, columns["a_high"]))
        high, low = (np.concatenate([*columns.pop(f"a_{half}"), *columns.pop(f"b_{half}")]) for half in ("high", "low"))
        order, is_new = sort_tokens(high, low)
        starts = order[is_new]
        nodes_high, nodes_low = high[starts], low[starts]
        del high, low
        has_b = np.concatenate(columns.pop("has_b"))
        hashes = np.concatenate(columns.pop("hash"))
        hashes = np.concatenate([hashes, hashes[has_b]])[order]
        evidence = np.add.reduceat(hashes, np.flatnonzero(is_new)) + self.seed & (HASH_RANGE - 1)
        del hashes
        scope = np.concatenate([*columns.pop("a_scope"), *columns.pop("b_scope")])[starts]
        codes = np.empty(len(order), dtype=np.int32)
        codes[order] = np.cumsum(is_new, dtype=np.int32) - 1
        del order
        b = np.full(count_a, NOBODY, dtype=np.int32)
        b[has_b] = codes[count_a:]
        files, rank = _rank_texts(self.files)
        kind, first, last, count, file, line = (
            np.concatenate(columns.pop(name)) for name in ("kind", "first", "last", "count", "file", "line")
        )
        sources = Sources(count, rank[file], line, files)
        row = sort_places(codes[:count_a])  # by end a: whatever looks up that end goes through memory in one direction
        edges = Edges(codes[row], b[row], kind[row], first[row], last[row], row)
        del codes, b, kind, first, last
        scopes = [(kind, issuer) for kind in TYPES for issuer in self.issuers]
        seen_first, seen_last, seen = sum_ends(len(nodes_high), edges, count[row])
        return Graph(nodes_high, nodes_low, scope, seen_first, seen_last, seen, evidence, edges, sources, scopes)


def sum_ends(size: int, edges: Edges, count: Ints) -> tuple[Codes, Codes, Ints]:
    """First day, last day and number of records of each identifier."""
    first, last = np.full(size, NO_FIRST, np.int32), np.full(size, NO_LAST, np.int32)
    seen = np.zeros(size, np.int64)
    is_pair = edges.b != NOBODY
    for end, chosen in ((edges.a, slice(None)), (edges.b[is_pair], is_pair)):
        np.minimum.at(first, end, edges.first[chosen])
        np.maximum.at(last, end, edges.last[chosen])
        np.add.at(seen, end, count[chosen])
    return first, last, seen


def sort_places(values: Codes) -> Codes:
    """The order of numbers from 0 on; each is sorted with its place in one integer, which is faster than places are."""
    bits = max(len(values) - 1, 1).bit_length()
    packed = values.astype(np.int64) << bits | np.arange(len(values))
    packed.sort()
    return (packed & ((1 << bits) - 1)).astype(np.int32)


def sort_tokens(high: Words, low: Words) -> tuple[Ints, Flags]:
    """The order of tokens, and where in it a new one begins.

    Sorting plain integers is several times as fast as sorting places by them. So the first bits of each token are
    sorted with its place in the remaining bits; the few runs that hold different tokens with the same first bits are
    then put in order by the whole token. Exact for any tokens.
    """
    bits = np.uint64(max(int(len(high) - 1).bit_length(), 1))
    place_mask = (np.uint64(1) << bits) - np.uint64(1)
    packed = high & ~place_mask
    packed |= np.arange(len(high), dtype=np.uint64)
    packed.sort()
    order = (packed & place_mask).astype(np.int64)
    is_new = np.empty(len(high), dtype=bool)
    is_new[:1] = True
    packed >>= bits
    np.not_equal(packed[1:], packed[:-1], out=is_new[1:])
    del packed
    high_sorted = high[order]
    is_mixed = high_sorted[1:] != high_sorted[:-1]
    del high_sorted
    low_sorted = low[order]
    is_mixed |= low_sorted[1:] != low_sorted[:-1]
    is_mixed &= ~is_new[1:]
    del low_sorted
    if is_mixed.any():
        run = np.cumsum(is_new, dtype=np.int32)
        is_mixed_run = np.zeros(int(run[-1]) + 1, dtype=bool)
        is_mixed_run[run[1:][is_mixed]] = True
        places = np.flatnonzero(is_mixed_run[run])
        members = order[places]
        members = members[np.lexsort((low[members], high[members]))]
        order[places] = members
        differs = (high[members][1:] != high[members][:-1]) | (low[members][1:] != low[members][:-1])
        is_new[places[1:]] = differs
    return order, is_new


def _indices(column: pa.DictionaryArray) -> npt.NDArray[np.int32]:
    """Place of each text of an enum; 0 where there is none."""
    return _copy(column.indices, 0).astype(np.int32)


def _places(column: pa.StringArray, known: dict[str, int]) -> npt.NDArray[np.int32]:
    """Place of each text in a list that grows; NOBODY where there is none."""
    encoded = column.dictionary_encode()
    values = encoded.dictionary.to_pylist()
    for value in values:
        known.setdefault(value, len(known))
    places = np.array([*(known[value] for value in values), NOBODY], dtype=np.int32)
    found: npt.NDArray[np.int32] = places[encoded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)]
    return found


def _copy(column: pa.Array, missing: int) -> npt.NDArray[Any]:
    """A column as an array of its own: a view would keep the whole batch in memory."""
    values: npt.NDArray[Any] = column.fill_null(missing).to_numpy(zero_copy_only=False).copy()
    return values


def _rank_texts(places: dict[str, int]) -> tuple[list[str], npt.NDArray[np.int32]]:
    """Texts in their order, and the rank of each place; the last entry is NOBODY's own."""
    texts = sorted(places)
    rank = np.full(len(texts) + 1, NOBODY, dtype=np.int32)
    rank[[places[text] for text in texts]] = np.arange(len(texts), dtype=np.int32)
    return texts, rank


def _make_empty() -> Graph:
    ints, words = np.empty(0, np.int32), np.empty(0, np.uint64)
    edges = Edges(ints, ints, np.empty(0, np.uint8), ints, ints, ints)
    none = np.empty(0, np.int64)
    return Graph(words, words, ints, ints, ints, none, none, edges, Sources(none, ints, none, []), [])
