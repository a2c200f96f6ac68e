"""What became of members, by the day of the evidence or of the decision: merged, linked, split, vetoed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from loopmart.identity.graph import NO_FIRST, NOBODY, Codes, Edges, Flags, Graph, Ints
from loopmart.identity.history import LONG_AGO
from loopmart.identity.rules import Rules
from loopmart.identity.state import Settled, State, settle

EVENTS: Final = ("merge", "link", "split", "veto")
ALWAYS: Final = 1 << 30


@dataclass(frozen=True)
class Changes:
    """Events, an entry each.

    Attributes:
        base, number: whose member ended or lost somebody: the founder's code and period.
        new_base, new_number: the founder of the member that it became, or that left it.
        event: place in EVENTS.
        day: days since 1970-01-01.
        file: place among the files of the sources; NOBODY for a decision.
        line: of that file, or of the decisions.
        decision: place in the list of decisions, or NOBODY for evidence.
    """

    base: Codes
    number: Codes
    new_base: Codes
    new_number: Codes
    event: npt.NDArray[np.uint8]
    day: Codes
    file: Codes
    line: Ints
    decision: Codes

    def take(self, chosen: npt.NDArray[np.integer] | Flags) -> Changes:
        """The events of a mask or of places."""
        return Changes(*(column[chosen] for column in vars(self).values()))

    def __len__(self) -> int:
        """How many events."""
        return len(self.base)


def list_merges(graph: Graph, state: State, places: dict[int, int]) -> Changes:
    """Members that ended because evidence joined them to a senior one; both were there before that day.

    Args:
        graph: where evidence stands.
        state: members and their history.
        places: of the lines of decisions in the list of decisions, for those that are links.
    """
    history = state.history
    since = np.where(state.first == NO_FIRST, LONG_AGO, state.first)
    rows = np.flatnonzero((history.lost_to != NOBODY) & (since < history.lost_on))
    new, by = history.lost_to[rows], history.lost_by[rows]
    file, line = graph.sources.find(state.edges.row[by])
    is_link = state.edges.row[by] < NOBODY
    decision = np.full(len(rows), NOBODY, dtype=np.int32)
    decision[is_link] = [places[number] for number in line[is_link].tolist()]
    event = np.where(is_link, EVENTS.index("link"), EVENTS.index("merge")).astype(np.uint8)
    return Changes(
        state.base[rows], state.number[rows], state.base[new], state.number[new], event, history.lost_on[rows],
        file, line, decision,
    )  # fmt: skip


def date_decisions(
    graph: Graph,
    blocked: Flags,
    bridges: Edges,
    labels: Codes,
    decisions: Sequence[Settled],
    conflicts: tuple[Codes, Codes, Codes],
    rules: Rules,
) -> tuple[State, Changes]:
    """Settle components that hold decisions, one decision of each after the other, each on its day.

    Between two decisions, merges happen as evidence has it under the decisions so far. A split or a veto tells who was
    in one member on its day and no longer is. Arguments are those of `settle`.
    """
    component = np.array([labels[one.a] for one in decisions], dtype=np.int64)
    place = np.array([int((component[:i] == component[i]).sum()) for i in range(len(decisions))], dtype=np.int64)
    days = np.array([one.day for one in decisions], dtype=np.int64)
    lines = {one.decision.line: i for i, one in enumerate(decisions) if one.decision.decision == "link"}
    found: list[Changes] = []
    before: State | None = None
    for step in range(int(place.max()) + 2):
        chosen = [decisions[i] for i in np.flatnonzero(place < step).tolist()]
        state = settle(graph, blocked, bridges, labels, chosen, conflicts, rules)
        begin, end = _date_step(int(labels.max()) + 1, component, place, days, step)
        merges = list_merges(graph, state, lines)
        at = labels[merges.base]
        found.append(merges.take((merges.day >= begin[at]) & (merges.day < end[at])))
        if before is not None:
            for i in np.flatnonzero(place == step - 1).tolist():
                if decisions[i].decision.decision != "link":
                    found.append(_compare(before, state, np.flatnonzero(labels == component[i]), i, decisions[i]))
        before = state
    changes = Changes(*(np.concatenate(parts) for parts in zip(*(vars(one).values() for one in found), strict=True)))
    return state, changes


def _date_step(size: int, component: Ints, place: Ints, days: Ints, step: int) -> tuple[Ints, Ints]:
    """From which day to before which day the first `step` decisions of each component hold, and no further ones."""
    begin, end = np.full(size, ALWAYS), np.full(size, -ALWAYS)  # no day, where a component has fewer decisions
    total = np.bincount(component, minlength=size)
    begin[total >= step] = -ALWAYS if step == 0 else 0
    end[total >= step] = ALWAYS
    last, following = np.flatnonzero(place == step - 1), np.flatnonzero(place == step)
    begin[component[last]] = days[last]
    end[component[following]] = days[following]
    return begin, end


def _compare(before: State, after: State, codes: Ints, place: int, settled: Settled) -> Changes:
    """Which members lost whom to which, on the day of a decision."""
    first = before.first[codes]
    there = codes[(first <= settled.day) | (first == NO_FIRST)]
    old = before.history.founded_on(settled.day)[there]
    new = after.history.founded_on(settled.day)[there]
    pairs = np.stack([before.base[old], before.number[old], after.base[new], after.number[new]], axis=1)
    moved = (pairs[:, 0] != pairs[:, 2]) | (pairs[:, 1] != pairs[:, 3])
    pairs = np.unique(pairs[moved], axis=0)
    count = len(pairs)
    return Changes(
        pairs[:, 0].astype(np.int32), pairs[:, 1], pairs[:, 2].astype(np.int32), pairs[:, 3],
        np.full(count, EVENTS.index(settled.decision.decision), np.uint8), np.full(count, settled.day, np.int32),
        np.full(count, NOBODY, np.int32), np.full(count, settled.decision.line, np.int64),
        np.full(count, place, np.int32),
    )  # fmt: skip
