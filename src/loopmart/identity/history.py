"""When members became one: the evidence laid edge by edge, in the order of its days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loopmart.identity.graph import NO_FIRST, NOBODY, Codes, Edges, Ints, Sources, sort_places

LONG_AGO = np.iinfo(np.int32).min
"""The day of evidence without a day: it was always there."""


@dataclass(frozen=True)
class History:
    """What became of the member that each node founds.

    Attributes:
        founder: the node that founds its member today.
        lost_to: the node that founded the member in which its own ended, or NOBODY if it never had to.
        lost_on: on which day; LONG_AGO where evidence without a day did it.
        lost_by: place of the edge that did it.
    """

    founder: Codes
    lost_to: Codes
    lost_on: Codes
    lost_by: Codes

    def founded_on(self, day: int) -> Codes:
        """Who founded each node's member at the end of a day."""
        founder = np.arange(len(self.founder), dtype=np.int32)
        while True:
            ended = (self.lost_to[founder] != NOBODY) & (self.lost_on[founder] <= day)
            if not ended.any():
                return founder
            founder[ended] = self.lost_to[founder[ended]]


def replay(labels: Codes, seniority: Ints, edges: Edges, sources: Sources) -> History:
    """Join nodes edge by edge; of two members, the one whose founder is senior goes on.

    All components go at once, each with its next edge, so there are as many rounds as the largest has edges. Edges of a
    day are in the order of file and line, then of their ends.

    Args:
        labels: component of each node.
        seniority: a number for each node, the least founds.
        edges: pairs.
        sources: their files and lines.
    """
    days = np.where(edges.first == NO_FIRST, LONG_AGO, edges.first).astype(np.int32)
    order, rounds = _order_rounds(labels[edges.a], days, edges, sources)
    # nodes of a component side by side: a round then goes through memory from one end to the other
    nodes = sort_places(labels)
    place = np.empty(len(labels), dtype=np.int32)
    place[nodes] = np.arange(len(labels), dtype=np.int32)
    seniority = seniority[nodes]
    parent = np.arange(len(labels), dtype=np.int32)
    lost_to, lost_on = np.full(len(labels), NOBODY, np.int32), np.full(len(labels), LONG_AGO, np.int32)
    lost_by = np.zeros(len(labels), dtype=np.int32)
    a, b, days = place[edges.a[order]], place[edges.b[order]], days[order]
    for begin, end in zip(rounds[:-1].tolist(), rounds[1:].tolist(), strict=True):
        one, two = a[begin:end], b[begin:end]
        if begin:  # in the first round everybody is still alone
            one, two = _find(parent, one), _find(parent, two)
        joins = np.flatnonzero(one != two)
        one, two = one[joins], two[joins]
        is_senior = seniority[one] < seniority[two]
        winner, loser = np.where(is_senior, one, two), np.where(is_senior, two, one)
        parent[loser] = winner
        lost_to[loser], lost_on[loser], lost_by[loser] = winner, days[begin:end][joins], order[begin:end][joins]
    del a, b, days, order, seniority  # memory is highest here
    founder = _find(parent, np.arange(len(labels), dtype=np.int32))
    del parent
    lost_to = _skip_within_day(lost_to, lost_on)
    heir = np.where(lost_to == NOBODY, NOBODY, nodes[lost_to])
    return History(nodes[founder][place], heir[place], lost_on[place], lost_by[place])


def _order_rounds(component: Codes, days: Codes, edges: Edges, sources: Sources) -> tuple[Ints, Ints]:
    """The order of edges by place within their component, and where each place begins and ends."""
    count = len(component)
    if not count:
        return np.empty(0, np.int64), np.zeros(1, np.int64)
    by_day = _sort_by_day(component, days, edges, sources)
    sorted_component = component[by_day]
    is_first = np.ones(count, dtype=bool)
    is_first[1:] = sorted_component[1:] != sorted_component[:-1]
    begins = np.flatnonzero(is_first)
    place = np.arange(count) - begins[np.cumsum(is_first) - 1]
    width = int(place.max())
    small = place.astype(np.uint16) if width < 1 << 16 else place  # a stable sort of 16 bits is a counting sort
    order = by_day[np.argsort(small, kind="stable")]
    return order, np.concatenate([[0], np.cumsum(np.bincount(place))])


def _sort_by_day(component: Codes, days: Codes, edges: Edges, sources: Sources) -> Ints:
    """The order by component, day, file, line and ends.

    Component, day and place fit into one integer, which sorts fast; only edges of one component and day need more.
    """
    count = len(component)
    known = days[days != LONG_AGO]
    base = int(known.min(initial=NO_FIRST))
    day = np.where(days == LONG_AGO, 0, days.astype(np.int64) - base + 1)
    day_bits, place_bits = int(day.max()).bit_length(), int(count - 1).bit_length()
    if int(component.max()).bit_length() + day_bits + place_bits > 63:
        file, line = sources.find(edges.row)
        return np.lexsort((edges.kind, edges.b, edges.a, line, file, day, component))
    packed = (component.astype(np.int64) << day_bits | day) << place_bits | np.arange(count)
    packed.sort()
    order = packed & ((1 << place_bits) - 1)
    packed >>= place_bits
    is_tied = np.zeros(count, dtype=bool)
    is_tied[1:] = packed[1:] == packed[:-1]
    is_tied[:-1] |= is_tied[1:]
    places = np.flatnonzero(is_tied)
    tied = order[places]
    file, line = sources.find(edges.row[tied])
    finer = np.lexsort((edges.kind[tied], edges.b[tied], edges.a[tied], line, file, packed[places]))
    order[places] = tied[finer]
    return order


def _find(parent: Codes, nodes: Codes) -> Codes:
    """The founder of each node; the way there is shortened for the next search."""
    found = parent[nodes]
    while True:
        further = parent[found]
        if np.array_equal(further, found):
            parent[nodes] = found
            return found
        found = further


def _skip_within_day(lost_to: Codes, lost_on: Codes) -> Codes:
    """Members that ended in one that itself ended on the same day ended in the last of these."""
    lost_to = lost_to.copy()
    rows = np.flatnonzero(lost_to != NOBODY)
    while len(rows):
        heir = lost_to[rows]
        ended = (lost_to[heir] != NOBODY) & (lost_on[heir] == lost_on[rows])
        rows = rows[ended]
        lost_to[rows] = lost_to[heir[ended]]
    return lost_to
