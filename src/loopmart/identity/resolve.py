"""From the graph of evidence to members: what no decision touches at once, the components that hold some one by one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loopmart.errors import LoopmartError
from loopmart.identity.changes import date_decisions, list_merges
from loopmart.identity.components import connect, find_least, find_shared
from loopmart.identity.decisions import Decision
from loopmart.identity.graph import NOBODY, Codes, Edges, Flags, Graph, Ints
from loopmart.identity.rows import Part
from loopmart.identity.rules import Rules
from loopmart.identity.state import Settled, choose_bridges, decide, settle
from loopmart.identity.tokens import Words, find_keys

Conflicts = tuple[tuple[Words, Words], tuple[Words, Words], tuple[Words, Words]]
"""Tokens of phones, and of two of their neighbours each."""


def resolve(
    graph: Graph, inside: Flags | None, decisions: Sequence[Decision], conflicts: Conflicts, rules: Rules
) -> tuple[list[Part], list[Decision]]:
    """Resolve a graph.

    Args:
        graph: identifiers with all evidence of those inside.
        inside: which identifiers are to be resolved: whole components, or all (None). The others bridge nothing.
        decisions: in the order in which they hold.
        conflicts: neighbours of phones that are two people.
        rules: caps and days.

    Returns:
        Parts whose chosen identifiers are together those inside, and the decisions to which their changes refer.
    """
    inside = np.ones(len(graph), dtype=bool) if inside is None else inside
    blocked = find_shared(graph, rules) | ~inside
    named, settled = _settle_names(graph, decisions, blocked)
    bridges = choose_bridges(graph, blocked)
    linked = decide(bridges, [one for one in settled if one.decision.decision == "link"])
    labels = connect(len(graph), linked.a, linked.b)
    settled = [one for one in settled if one.decision.decision == "split" or labels[one.a] == labels[one.b]]
    component = _number_components(graph, labels)
    rows = tuple(graph.find(*words) for words in conflicts)
    known = (rows[0] != NOBODY) & (rows[1] != NOBODY) & (rows[2] != NOBODY)
    pairs = (rows[0][known], rows[1][known], rows[2][known])
    is_held = np.zeros(int(labels.max(initial=-1)) + 1, dtype=bool)
    is_held[[int(labels[one.a]) for one in settled]] = True
    held = is_held[labels] if settled else np.zeros(len(graph), dtype=bool)
    plain = bridges.take(~held[bridges.a]) if settled else bridges
    free = ~held[pairs[0]]
    state = settle(graph, blocked, plain, labels, [], (pairs[0][free], pairs[1][free], pairs[2][free]), rules)
    parts = [Part(graph, state, component, named, inside & ~held, list_merges(graph, state, {}))]
    if settled:
        parts.append(_resolve_held(graph, blocked, held, component, named, settled, pairs, rules))
    return parts, [one.decision for one in settled]


def _resolve_held(
    graph: Graph,
    blocked: Flags,
    held: Flags,
    component: Ints,
    named: Flags,
    settled: Sequence[Settled],
    conflicts: tuple[Codes, Codes, Codes],
    rules: Rules,
) -> Part:
    """The components in which decisions hold."""
    part, codes = graph.choose(held)
    new = np.full(len(graph), NOBODY, dtype=np.int32)
    new[codes] = np.arange(len(codes), dtype=np.int32)
    core, is_blocked = held[codes], blocked[codes] | ~held[codes]
    moved = [Settled(one.decision, int(new[one.a]), int(new[one.b]) if one.b != NOBODY else NOBODY) for one in settled]
    bridges: Edges = choose_bridges(part, is_blocked)
    linked = decide(bridges, [one for one in moved if one.decision.decision == "link"])
    labels = connect(len(part), linked.a, linked.b)
    mine = held[conflicts[0]]
    pairs = (new[conflicts[0][mine]], new[conflicts[1][mine]], new[conflicts[2][mine]])
    known = (pairs[1] != NOBODY) & (pairs[2] != NOBODY)
    pairs = (pairs[0][known], pairs[1][known], pairs[2][known])
    state, changes = date_decisions(part, is_blocked, bridges, labels, moved, pairs, rules)
    return Part(part, state, component[codes], named[codes], core, changes)


def _settle_names(graph: Graph, decisions: Sequence[Decision], blocked: Flags) -> tuple[Flags, list[Settled]]:
    """Which identifiers are named by decisions, and the decisions whose identifiers are known and not shared."""
    named = np.zeros(len(graph), dtype=bool)
    settled = []
    for decision in decisions:
        codes = []
        for token, name in zip((decision.a, decision.b), decision.names, strict=True):
            code = find_token(graph, token) if token else NOBODY
            if code != NOBODY:
                kind, issuer = graph.scopes[graph.scope[code]]
                if name != f"{kind}:{issuer}:{token}":
                    raise LoopmartError(
                        f"decisions, line {decision.line}: {name!r} is known as {kind}:{issuer}:{token}; write it so"
                    )
                named[code] = True
            codes.append(code)
        is_known = codes[0] != NOBODY and (codes[1] != NOBODY or not decision.b)
        if is_known and not any(blocked[code] for code in codes if code != NOBODY):
            settled.append(Settled(decision, codes[0], codes[1]))
    return named, settled


def find_token(graph: Graph, token: str) -> int:
    """Code of one token; NOBODY where no evidence names it."""
    number = int(token, 16)
    high, low = np.array([number >> 64], np.uint64), np.array([number & ((1 << 64) - 1)], np.uint64)
    return int(graph.find(high, low)[0])


def _number_components(graph: Graph, labels: Codes) -> Ints:
    """A number of each component that neither order nor neighbours change: the key of its least token."""
    least = find_least(labels, np.arange(len(graph), dtype=np.int64))
    return find_keys(graph.high[least])[labels]
