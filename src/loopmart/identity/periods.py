"""Phones that changed hands: a carrier gives a number that rested to somebody else, and each owner has a period."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from loopmart.identity.components import reconnect
from loopmart.identity.graph import NO_FIRST, NO_LAST, NOBODY, Codes, Edges, Flags, Graph, Ints
from loopmart.identity.rules import STRONG_KINDS, TYPES, Rules

LONG_AGO, FAR_OFF = -(1 << 30), 1 << 30
"""The span of evidence without a day: it may be of any day, so it separates nothing."""


@dataclass(frozen=True)
class Periods:
    """Owners of phones.

    Attributes:
        phone: code of the phone, for each period of those that have several, in order.
        number: 1, 2, … within the phone.
        node: the node that stands for the period: the phone itself for the first, new nodes for the later ones.
        first: first day of the period's evidence.
        last: last day.
    """

    phone: Codes
    number: Ints
    node: Codes
    first: Codes
    last: Codes

    def find(self, phone: Codes, number: Codes | Ints) -> Codes:
        """The nodes of periods; NOBODY where there is no such period."""
        if not len(self.phone):
            return np.full(len(phone), NOBODY, dtype=np.int32)
        key, wanted = (p.astype(np.int64) << 32 | n for p, n in ((self.phone, self.number), (phone, number)))
        place = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        return np.where(key[place] == wanted, self.node[place], NOBODY).astype(np.int32)


@dataclass(frozen=True)
class _Groups:
    """What a phone connects: a row per phone and group of neighbours that hang together without such phones."""

    phone: Ints
    group: Ints
    first: Ints
    last: Ints
    rank: Ints  # the group's best kind of evidence at the phone
    of_row: Ints  # the row's group
    rows: Ints  # place among the edges
    is_a: Flags  # the row's phone is end a


def part_phones(
    graph: Graph, edges: Edges, labels: Codes, conflicts: tuple[Codes, Codes, Codes], rules: Rules
) -> tuple[Edges, Periods, Flags]:
    """Part the owners of phones.

    Args:
        graph: for the types.
        edges: pairs that bridge.
        labels: components of these edges.
        conflicts: phone and two of its neighbours that are two people.
        rules: after how many days a number may be somebody else's.

    Returns:
        The edges, ends at later periods moved to their nodes and those that would join a conflict left out; the periods
        of phones that have several; and by node of `graph` whether it is an end of an edge that was moved or left out.
    """
    touched = np.zeros(len(graph), dtype=bool)
    candidates = _find_candidates(graph, edges, rules)
    candidates[conflicts[0]] = True
    if not candidates.any():
        return edges, _no_periods(), touched
    groups = _group_neighbours(edges, labels, candidates)
    number, periods = _count_periods(len(graph), groups, rules)
    a, b = edges.a.copy(), edges.b.copy()
    node = _find_nodes(groups, number, periods)
    a[groups.rows[groups.is_a]] = node[groups.of_row[groups.is_a]]
    b[groups.rows[~groups.is_a]] = node[groups.of_row[~groups.is_a]]
    keep = np.ones(len(edges), dtype=bool)
    if len(conflicts[0]):
        keep[groups.rows[_find_conflicting(groups, node, conflicts, edges)]] = False
    moved = (a != edges.a) | (b != edges.b) | ~keep
    touched[edges.a[moved]] = touched[edges.b[moved]] = True
    edges = replace(edges, a=a, b=b)
    return edges if keep.all() else edges.take(keep), periods, touched


def _find_candidates(graph: Graph, edges: Edges, rules: Rules) -> Flags:
    """Phones with some evidence that begins long after other evidence ended: the others cannot have a gap."""
    is_phone = graph.types == TYPES.index("phone")
    latest_first = np.full(len(graph), NO_LAST, dtype=np.int32)
    earliest_last = np.full(len(graph), NO_FIRST, dtype=np.int32)
    is_dated = edges.first != NO_FIRST
    for end in (edges.a, edges.b):
        chosen = is_phone[end] & is_dated
        np.maximum.at(latest_first, end[chosen], edges.first[chosen])
        np.minimum.at(earliest_last, end[chosen], edges.last[chosen])
    gap = latest_first.astype(np.int64) - earliest_last
    found: Flags = gap >= rules.reassigned_days
    return found


def _group_neighbours(edges: Edges, labels: Codes, candidates: Flags) -> _Groups:
    at_a, at_b = candidates[edges.a], candidates[edges.b]
    rows_a, rows_b = np.flatnonzero(at_a), np.flatnonzero(at_b)
    rows = np.concatenate([rows_a, rows_b])
    is_a = np.arange(len(rows)) < len(rows_a)
    phone = np.concatenate([edges.a[rows_a], edges.b[rows_b]])
    other = np.concatenate([edges.b[rows_a], edges.a[rows_b]])
    is_dirty = np.zeros(int(labels.max()) + 1, dtype=bool)
    is_dirty[labels[candidates]] = True
    others = ~(at_a | at_b)
    groups = reconnect(labels, edges.a[others], edges.b[others], is_dirty[labels])
    size = int(groups.max()) + 1
    keys, of_row = np.unique(phone.astype(np.int64) * size + groups[other], return_inverse=True)
    is_dated = edges.first[rows] != NO_FIRST
    first, last, rank = (np.full(len(keys), start) for start in (FAR_OFF, LONG_AGO, 255))
    np.minimum.at(first, of_row, np.where(is_dated, edges.first[rows], LONG_AGO).astype(np.int64))
    np.maximum.at(last, of_row, np.where(is_dated, edges.last[rows], FAR_OFF).astype(np.int64))
    np.minimum.at(rank, of_row, edges.kind[rows].astype(np.int64))
    return _Groups(keys // size, keys % size, first, last, rank, of_row, rows, is_a)


def _count_periods(size: int, groups: _Groups, rules: Rules) -> tuple[Ints, Periods]:
    """The period of each group, and the periods of the phones that have several."""
    order = np.lexsort((groups.last, groups.first, groups.phone))
    phone, first, last = groups.phone[order], groups.first[order], groups.last[order]
    is_new = np.ones(len(phone), dtype=bool)
    is_new[1:] = phone[1:] != phone[:-1]
    place = np.cumsum(is_new) - 1
    # the last day so far: a running maximum that starts anew with each phone, as later phones lie on higher ground
    ground = place * (4 * FAR_OFF)
    until = np.maximum.accumulate(last + ground) - ground
    is_gap = ~is_new
    is_gap[1:] &= first[1:] - until[:-1] >= rules.reassigned_days
    steps = np.cumsum(is_gap)
    number_sorted = steps - steps[is_new][place] + 1
    number = np.empty(len(phone), dtype=np.int64)
    number[order] = number_sorted
    begins = np.flatnonzero(is_new | is_gap)
    ends = np.append(begins[1:], len(phone)) - 1
    count = np.bincount(place[begins])
    several = count[place[begins]] > 1
    begins, ends = begins[several], ends[several]
    ordinal = number_sorted[begins]
    node = phone[begins].copy()
    node[ordinal > 1] = size + np.arange(int((ordinal > 1).sum()))
    periods = Periods(
        phone[begins].astype(np.int32), ordinal, node.astype(np.int32), first[begins].astype(np.int32),
        until[ends].astype(np.int32),
    )  # fmt: skip
    return number, periods


def _find_nodes(groups: _Groups, number: Ints, periods: Periods) -> Codes:
    """The node that stands for the phone in each group."""
    node = groups.phone.copy()
    later = np.flatnonzero(number > 1)
    node[later] = periods.find(groups.phone[later].astype(np.int32), number[later])
    return node.astype(np.int32)


def _find_conflicting(groups: _Groups, node: Codes, conflicts: tuple[Codes, Codes, Codes], edges: Edges) -> Flags:
    """Rows of groups that may not be joined to their phone, because a better known group contradicts them.

    Groups are asked in the order of their strongest evidence, then their first day, then their least neighbour.
    """
    drop = np.zeros(len(groups.phone), dtype=bool)
    group_of = {}
    least: dict[int, int] = {}
    for place, row, is_a in zip(groups.of_row.tolist(), groups.rows.tolist(), groups.is_a.tolist(), strict=True):
        other = int(edges.b[row] if is_a else edges.a[row])
        group_of[int(groups.phone[place]), other] = place
        least[place] = min(least.get(place, other), other)
    enemies: dict[int, set[int]] = {}
    for phone, a, b in zip(*(column.tolist() for column in conflicts), strict=True):
        one, two = group_of.get((phone, a)), group_of.get((phone, b))
        if one is not None and two is not None and one != two and node[one] == node[two]:
            enemies.setdefault(one, set()).add(two)
            enemies.setdefault(two, set()).add(one)
    strong = len(STRONG_KINDS)
    asked = sorted(enemies, key=lambda g: (min(int(groups.rank[g]), strong), int(groups.first[g]), least[g]))
    kept: set[int] = set()
    for group in asked:
        if enemies[group] & kept:
            drop[group] = True
        else:
            kept.add(group)
    return drop[groups.of_row]


def _no_periods() -> Periods:
    none = np.empty(0, np.int32)
    return Periods(none, np.empty(0, np.int64), none, none, none)
