"""Connected components of edges between identifiers, and who is shared by too many to connect anybody."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from loopmart.identity.graph import NOBODY, Codes, Flags, Graph, Ints, sort_places
from loopmart.identity.rules import GROUPS, TYPES, Rules

_GROUP_OF_TYPE: Final = np.array(
    [next(place for place, group in enumerate(GROUPS) if kind in group) for kind in TYPES], dtype=np.uint8
)


def connect(size: int, a: Codes, b: Codes) -> Codes:
    """Component of each of `size` nodes: numbers from 0, in no particular order."""
    matrix = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(size, size))
    labels: Codes = connected_components(matrix, directed=False)[1].astype(np.int32, copy=False)
    return labels


def reconnect(labels: Codes, a: Codes, b: Codes, is_dirty: Flags) -> Codes:
    """Labels after edges of dirty nodes went away: theirs are found anew, the others keep theirs.

    Args:
        labels: components before; a component is dirty as a whole or not at all.
        a, b: the pairs that are left.
        is_dirty: by node.
    """
    nodes = np.flatnonzero(is_dirty)
    nodes = nodes[sort_places(labels[nodes])]  # who was connected lies together: found anew in a fifth of the time
    place = np.empty(len(labels), dtype=np.int32)
    place[nodes] = np.arange(len(nodes), dtype=np.int32)
    chosen = is_dirty[a]
    found = connect(len(nodes), place[a[chosen]], place[b[chosen]])
    labels = labels.copy()
    labels[nodes] = found + (labels.max(initial=0) + 1)
    return labels


def find_shared(graph: Graph, rules: Rules) -> Flags:
    """Which identifiers have more distinct neighbours of some group than one person has."""
    caps = np.array([rules.caps[kind] for kind in TYPES], dtype=np.int32)
    edges, types = graph.edges, graph.types
    pairs = edges.b != NOBODY
    a, b = edges.a[pairs], edges.b[pairs]
    is_shared = np.zeros(len(graph), dtype=bool)
    group_of_a, group_of_b = _GROUP_OF_TYPE[types[a]], _GROUP_OF_TYPE[types[b]]
    for group in range(len(GROUPS)):
        a_counts, b_counts = group_of_b == group, group_of_a == group
        count = np.bincount(a[a_counts], minlength=len(graph))
        count += np.bincount(b[b_counts], minlength=len(graph))
        suspects = count > caps[:, group].min()  # rows, of which several may be of one pair
        if suspects.any():
            cap = caps[:, group][types]
            suspects &= count > cap
            there, here = suspects[a] & a_counts, suspects[b] & b_counts
            ends = np.concatenate([a[there], b[here]]).astype(np.int64)
            others = np.concatenate([b[there], a[here]])
            distinct = np.unique(ends * len(graph) + others) // len(graph)
            is_shared |= np.bincount(distinct, minlength=len(graph)) > cap
    return is_shared


def find_least(labels: Codes, keys: Ints) -> Ints:
    """The least key of each label's nodes."""
    least = np.full(int(labels.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(least, labels, keys)
    return least
