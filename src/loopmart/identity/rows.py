"""Members as rows: what the models store, a batch after the other, so that the whole never lies in memory twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from loopmart.identity.changes import EVENTS, Changes
from loopmart.identity.decisions import Decision
from loopmart.identity.graph import NO_FIRST, NO_LAST, NOBODY, Codes, Flags, Graph, Ints
from loopmart.identity.periods import Periods
from loopmart.identity.state import SHARED, STATUSES, State
from loopmart.identity.tokens import find_keys, name_members, pack_digits, write_texts

BATCH: Final = 122_880
"""Rows of a row group of DuckDB: by others a table gets small groups too, and its first change puts them together."""
DECISIONS_FILE: Final = "identity_decisions.csv"
"""Stands as file_id of an event that a decision made; line is its line."""

REPEATED: Final = pa.dictionary(pa.int32(), pa.utf8())
CHANGE: Final = pa.struct(
    {
        "new_member_id": pa.utf8(), "event": pa.utf8(), "event_date": pa.date32(), "file_id": pa.utf8(),
        "line": pa.int64(), "reason": pa.utf8(),
    }
)  # fmt: skip
SCHEMA: Final = pa.schema(
    {
        "identifier_type": REPEATED, "issuer": REPEATED, "identifier_token": pa.utf8(),
        "identifier_key": pa.int64(), "period": pa.int64(),
        "valid_from": pa.date32(), "valid_to": pa.date32(), "first_seen_date": pa.date32(),
        "last_seen_date": pa.date32(), "evidence_count": pa.int64(), "status": REPEATED,
        "own_member_id": pa.utf8(), "member_id": pa.utf8(), "identifier_count": pa.int64(),
        "component_id": pa.int64(), "evidence_hash": pa.int64(), "is_decided": pa.bool_(),
        "changes": pa.list_(CHANGE),
    }
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """Resolved identifiers: a graph under a state.

    Attributes:
        graph: the identifiers.
        state: their members.
        component: number of each identifier's component.
        decided: which identifiers a decision names.
        chosen: which identifiers have rows here.
        changes: what became of the members.
    """

    graph: Graph
    state: State
    component: Ints
    decided: Flags
    chosen: Flags
    changes: Changes


def write_rows(parts: Sequence[Part], decisions: Sequence[Decision]) -> pa.RecordBatchReader:
    """Rows of SCHEMA, read once."""

    def write() -> Iterator[pa.RecordBatch]:
        for part in parts:
            nodes = np.flatnonzero(part.chosen[part.state.base])
            changes, starts = _sort_changes(part)
            periods = _place_periods(part.state)
            for begin in range(0, len(nodes), BATCH):
                batch = nodes[begin : begin + BATCH]
                yield _write_batch(part, batch, periods[batch], changes, starts, decisions)

    return pa.RecordBatchReader.from_batches(SCHEMA, write())


def _write_batch(
    part: Part, nodes: Ints, periods: Codes, changes: Changes, starts: Ints, decisions: Sequence[Decision]
) -> pa.RecordBatch:
    graph, state = part.graph, part.state
    base, number = state.base[nodes], state.number[nodes]
    status = state.status[nodes]
    digits = pack_digits(graph.high[base], graph.low[base])
    is_shared = status == SHARED
    founder = state.history.founder[nodes]
    scopes = graph.scope[base]
    valid_from, valid_to = _find_validity(state.periods, periods)
    columns = [
        _choose([kind for kind, _ in graph.scopes], scopes),
        _choose([issuer for _, issuer in graph.scopes], scopes),
        write_texts(digits),
        pa.array(find_keys(graph.high[base])),
        pa.array(number.astype(np.int64)),
        valid_from,
        valid_to,
        _write_days(state.first[nodes], NO_FIRST),
        _write_days(state.last[nodes], NO_LAST),
        pa.array(state.count[nodes]),
        _choose(STATUSES, status),
        write_texts(name_members(digits, number)),
        write_texts(_name(graph, state.base[founder], state.number[founder]), is_shared),
        pa.array(np.where(is_shared, 0, state.size[nodes])),
        pa.array(part.component[base]),
        pa.array(graph.evidence[base]),
        pa.array(part.decided[base]),
        _write_changes(graph, changes, starts[nodes], starts[nodes + 1], decisions),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def _sort_changes(part: Part) -> tuple[Changes, Ints]:
    """Events in the order of the nodes on whose rows they stand, and where those of each node begin."""
    changes, state = part.changes, part.state
    node = changes.base.astype(np.int64)
    later = np.flatnonzero(changes.number > 1)
    found = state.periods.find(changes.base[later], changes.number[later])
    node[later] = np.where(found == NOBODY, node[later], found)  # a period that no longer is: its phone tells
    columns = (changes.decision, changes.new_number, changes.new_base, changes.line, changes.file, changes.event)
    if (np.diff(node) <= 0).any():
        changes = changes.take(np.lexsort((*columns, changes.day, node)))
    count = np.bincount(node, minlength=len(state.base))
    return changes, np.concatenate([[0], np.cumsum(count)])


def _write_changes(
    graph: Graph, changes: Changes, begins: Ints, ends: Ints, decisions: Sequence[Decision]
) -> pa.ListArray:
    counts = ends - begins
    offsets = np.concatenate([[0], np.cumsum(counts)])
    rows = np.repeat(begins - offsets[:-1], counts) + np.arange(offsets[-1])
    part = changes.take(rows)
    is_decision = part.decision != NOBODY
    files = np.where(is_decision, len(graph.sources.files), part.file)
    structs = pa.StructArray.from_arrays(
        [
            write_texts(_name(graph, part.new_base, part.new_number)),
            _choose(EVENTS, part.event).dictionary_decode(),
            _write_days(part.day, NO_FIRST),
            _choose([*graph.sources.files, DECISIONS_FILE], files).dictionary_decode(),
            pa.array(part.line),
            _choose([decision.reason for decision in decisions], part.decision).dictionary_decode(),
        ],
        fields=list(CHANGE),
    )
    is_null = pa.py_buffer(np.packbits(counts > 0, bitorder="little"))
    values = pa.py_buffer(offsets.astype(np.int32))
    return pa.Array.from_buffers(pa.list_(CHANGE), len(counts), [is_null, values], children=[structs])


def _place_periods(state: State) -> Codes:
    """The place among the periods of each node; NOBODY where it has always been one person's."""
    place = np.full(len(state.base), NOBODY, dtype=np.int32)
    place[state.periods.node] = np.arange(len(state.periods.node), dtype=np.int32)
    return place


def _find_validity(periods: Periods, place: Codes) -> tuple[pa.Array, pa.Array]:
    """From when to when each node is who it is, told by its place among the periods; open at the outer ends."""
    valid_from, valid_to = np.full(len(place), NO_FIRST, np.int32), np.full(len(place), NO_LAST, np.int32)
    rows = np.flatnonzero(place != NOBODY)
    if len(rows):
        period = place[rows]
        following = np.minimum(period + 1, len(periods.phone) - 1)
        is_last = (periods.phone[following] != periods.phone[period]) | (following == period)
        valid_from[rows] = np.where(periods.number[period] > 1, periods.first[period], NO_FIRST)
        valid_to[rows] = np.where(is_last, NO_LAST, periods.last[period])
    return _write_days(valid_from, NO_FIRST), _write_days(valid_to, NO_LAST)


def _name(graph: Graph, base: Codes, number: Codes) -> np.ndarray:
    return name_members(pack_digits(graph.high[base], graph.low[base]), number)


def _choose(texts: Sequence[str], places: np.ndarray) -> pa.Array:
    """The text at each place; NULL at NOBODY."""
    indices = places.astype(np.int32, copy=False)
    return pa.DictionaryArray.from_arrays(pa.array(indices, mask=indices == NOBODY), pa.array(texts, pa.utf8()))


def _write_days(days: Codes, missing: int) -> pa.Array:
    return pa.array(days, mask=days == missing).cast(pa.date32())
