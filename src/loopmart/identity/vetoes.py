"""Vetoes: two identifiers that are never one member, whatever evidence says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loopmart.identity.graph import NO_FIRST, Edges, Flags
from loopmart.identity.rules import STRONG_KINDS


def obey_vetoes(size: int, edges: Edges, vetoes: Sequence[tuple[int, int]]) -> Flags:
    """Which edges stay so that no vetoed pair of nodes is connected.

    Edges are laid one after the other, as Kruskal does: the strong kinds first, then the earliest, then by kind and
    ends. One that would connect a vetoed pair is left out; so the weakest and latest of each connecting path go.

    Args:
        size: number of nodes.
        edges: pairs; this loops over them, so hand in the components that hold a veto only.
        vetoes: pairs of nodes.
    """
    first = np.where(edges.first == NO_FIRST, np.iinfo(np.int32).min, edges.first)
    weakness = np.minimum(edges.kind, len(STRONG_KINDS))
    order = np.lexsort((edges.b, edges.a, edges.kind, first, weakness))
    root = list(range(size))
    enemies: dict[int, set[int]] = {}
    for one, two in vetoes:
        enemies.setdefault(one, set()).add(two)
        enemies.setdefault(two, set()).add(one)

    def find(node: int) -> int:
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    keep = np.ones(len(edges), dtype=bool)
    for place, a, b in zip(order.tolist(), edges.a[order].tolist(), edges.b[order].tolist(), strict=True):
        one, two = find(a), find(b)
        if one == two:
            continue
        if two in enemies.get(one, ()):
            keep[place] = False
            continue
        root[two] = one
        for enemy in enemies.pop(two, ()):  # whoever must not meet two must not meet one now
            enemies[enemy].discard(two)
            enemies[enemy].add(one)
            enemies.setdefault(one, set()).add(enemy)
    return keep
