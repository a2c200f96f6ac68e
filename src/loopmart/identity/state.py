"""Members as they are under given decisions: which identifiers are one, since when, and who founds whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from loopmart.identity.components import reconnect
from loopmart.identity.decisions import Decision
from loopmart.identity.graph import NO_FIRST, NO_LAST, NOBODY, Codes, Edges, Flags, Graph, Ints
from loopmart.identity.history import History, replay
from loopmart.identity.periods import Periods, part_phones
from loopmart.identity.rules import KINDS, STRONG_KINDS, TYPES, Rules
from loopmart.identity.vetoes import obey_vetoes

EPOCH: Final = date(1970, 1, 1)
STATUSES: Final = ("active", "former", "shared", "over_cap")
ACTIVE, FORMER, SHARED, OVER_CAP = range(len(STATUSES))


@dataclass(frozen=True)
class Settled:
    """A decision with the codes of what it names.

    Attributes:
        decision: the line of the file.
        a, b: codes; NOBODY for the second of a split.
    """

    decision: Decision
    a: int
    b: int

    @property
    def day(self) -> int:
        """Days since 1970-01-01 on which it was made."""
        return (self.decision.decided_on - EPOCH).days


@dataclass(frozen=True)
class State:
    """Members. A node is an identifier, or, after all of these, a later period of a phone.

    Attributes:
        base: code of each node's identifier.
        number: its period.
        first, last, count: of the node's own evidence.
        status: place in STATUSES.
        size: identifiers of its member.
        periods: of phones that have several.
        history: who founds its member, and what members ended.
        edges: the evidence that holds members together.
    """

    base: Codes
    number: Codes
    first: Codes
    last: Codes
    count: Ints
    status: npt.NDArray[np.uint8]
    size: Ints
    periods: Periods
    history: History
    edges: Edges


def choose_bridges(graph: Graph, blocked: Flags) -> Edges:
    """The pairs neither of which is blocked."""
    edges = graph.edges
    chosen = (edges.b != NOBODY) & ~blocked[edges.a] & ~blocked[edges.b]
    return edges if chosen.all() else edges.take(chosen)


def settle(
    graph: Graph,
    blocked: Flags,
    bridges: Edges,
    labels: Codes,
    decisions: Sequence[Settled],
    conflicts: tuple[Codes, Codes, Codes],
    rules: Rules,
) -> State:
    """Apply decisions and rules.

    Args:
        graph: identifiers and all their evidence.
        blocked: who bridges nothing and names nobody.
        bridges: pairs of the others.
        labels: components of bridges and of links.
        decisions: those that hold.
        conflicts: phone and two of its neighbours that are two people.
        rules: caps and days.
    """
    edges = decide(bridges, decisions)
    edges, periods, touched = part_phones(graph, edges, labels, conflicts, rules)
    later = periods.number > 1
    labels = np.concatenate([labels, labels[periods.phone[later]]])
    base = np.concatenate([np.arange(len(graph), dtype=np.int32), periods.phone[later]])
    number = np.ones(len(base), dtype=np.int32)
    number[len(graph) :] = periods.number[later]
    edges = _veto(base, edges, decisions)
    is_dirty = np.zeros(int(labels.max(initial=-1)) + 1, dtype=bool)
    is_dirty[labels[: len(graph)][touched]] = True
    if decisions:
        is_dirty[:] = True
    labels = reconnect(labels, edges.a, edges.b, is_dirty[labels]) if is_dirty.any() else labels
    edges, labels, is_over = _cap_components(edges, labels, rules)
    first, last, count = _sum_periods(graph, periods)
    status = np.zeros(len(base), dtype=np.uint8)
    status[periods.node[:-1][periods.phone[:-1] == periods.phone[1:]]] = FORMER
    status[is_over] = OVER_CAP
    status[: len(graph)][blocked] = SHARED
    history = replay(labels, _rank_founders(graph.types[base], number, first), edges, graph.sources)
    size = np.bincount(history.founder, minlength=len(base))[history.founder]
    return State(base, number, first, last, count, status, size, periods, history, edges)


def decide(bridges: Edges, decisions: Sequence[Settled]) -> Edges:
    """The pairs after splits and with links: what was seen before a split counts no more at its identifier."""
    if not decisions:
        return bridges
    first, keep = bridges.first, np.ones(len(bridges), dtype=bool)
    for split in (one for one in decisions if one.decision.decision == "split"):
        at = (bridges.a == split.a) | (bridges.b == split.a)
        keep &= ~at | (bridges.last >= split.day)  # NO_LAST is before any day
        first = np.where(at, np.maximum(np.where(first == NO_FIRST, NO_LAST, first), split.day), first)
    links = [one for one in decisions if one.decision.decision == "link"]
    edges = replace(bridges, first=first.astype(np.int32)).take(keep)
    if not links:
        return edges
    ends = np.array([(min(one.a, one.b), max(one.a, one.b)) for one in links], dtype=np.int32)
    days = np.array([one.day for one in links], dtype=np.int32)
    added = Edges(
        ends[:, 0], ends[:, 1], np.full(len(links), KINDS.index("link"), np.uint8), days, days,
        np.array([-2 - one.decision.line for one in links], dtype=np.int32),
    )  # fmt: skip
    return Edges(*(np.concatenate(both) for both in zip(vars(edges).values(), vars(added).values(), strict=True)))


def _veto(base: Codes, edges: Edges, decisions: Sequence[Settled]) -> Edges:
    pairs = [(one.a, one.b) for one in decisions if one.decision.decision == "veto"]
    if not pairs:
        return edges
    nodes = {code: np.flatnonzero(base == code).tolist() for pair in pairs for code in pair}
    apart = [(one, two) for a, b in pairs for one in nodes[a] for two in nodes[b]]
    return edges.take(obey_vetoes(len(base), edges, apart))


def _cap_components(edges: Edges, labels: Codes, rules: Rules) -> tuple[Edges, Codes, Flags]:
    """Rebuild what is above the cap without what was seen on one day only, for somebody may pay once for another; what
    is still above it from strong evidence alone; what is above it even so stands alone."""
    is_over = np.zeros(len(labels), dtype=bool)
    for stage in ("repeated", "strong", "none"):
        is_over = (np.bincount(labels) > rules.component_cap)[labels] if len(labels) else is_over
        if not is_over.any():
            break
        is_kept = (edges.kind < len(STRONG_KINDS)) & (stage != "none")
        if stage == "repeated":
            is_kept |= edges.first < edges.last
        edges = edges.take(~is_over[edges.a] | is_kept)
        labels = reconnect(labels, edges.a, edges.b, is_over)
    return edges, labels, is_over


def _sum_periods(graph: Graph, periods: Periods) -> tuple[Codes, Codes, Ints]:
    """First day, last day and records of each node; what tells of a phone goes to the period into which it falls."""
    added = int((periods.number > 1).sum())
    first = np.concatenate([graph.first, np.full(added, NO_FIRST, np.int32)])
    last = np.concatenate([graph.last, np.full(added, NO_LAST, np.int32)])
    count = np.concatenate([graph.count, np.zeros(added, np.int64)])
    if not len(periods.phone):
        return first, last, count
    first[periods.node], last[periods.node], count[periods.node] = periods.first, periods.last, 0
    is_parted = np.zeros(len(graph) + 1, dtype=bool)  # one more, for NOBODY
    is_parted[periods.phone] = True
    key = _place_on_line(periods.phone, periods.first)
    for ends in (graph.edges.a, graph.edges.b):
        rows = np.flatnonzero(is_parted[ends])
        phone = ends[rows]

        def find(days: Codes, phone: Codes = phone) -> Codes:
            place = np.searchsorted(key, _place_on_line(phone, days), "right") - 1
            node: Codes = periods.node[np.maximum(place, np.searchsorted(periods.phone, phone, "left"))]
            return node

        begins, ends_on = graph.edges.first[rows], graph.edges.last[rows]
        begun, ended = find(begins), find(np.where(ends_on == NO_LAST, NO_FIRST, ends_on))
        np.minimum.at(first, begun, begins)
        np.maximum.at(last, ended, ends_on)
        np.add.at(count, begun, graph.sources.count[graph.edges.row[rows]])
    return first, last, count


def _place_on_line(phone: Codes, days: Codes) -> Ints:
    """One number for a phone and a day, ordered by both."""
    return phone.astype(np.int64) << 33 | (days.astype(np.int64) + (1 << 32))


def _rank_founders(types: npt.NDArray[np.uint8], number: Codes, first: Codes) -> Ints:
    """The seniority of each node: what stands for a later period comes last, then by first day, type and token."""
    rank = first.astype(np.int64)  # in place from here on, for there are many nodes
    rank -= int(first.min(initial=NO_FIRST))
    rank[first == NO_FIRST] = (1 << 24) - 1
    rank <<= 3
    rank |= types
    rank <<= 32
    rank |= np.arange(len(first))
    rank[number > 1] |= 1 << 59
    return rank


assert len(TYPES) <= 1 << 3  # noqa: S101 - the bits of _rank_founders
