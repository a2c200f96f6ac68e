"""Who is held out for comparison: by lot, but by one that falls the same way whenever it is drawn."""

from __future__ import annotations

import hashlib

SALT = "loopmart hold-out 1"
"""Stated in docs/audiences.md, so that anybody can draw the lot again; it is no secret."""


def draw_lot(campaign_id: str, member_id: str) -> float:
    """A number of [0, 1) for a campaign and a member, uniform over members and independent between campaigns.

    The first 64 bits of SHA-256 over `salt|campaign|member`, read as a binary fraction.
    """
    digest = hashlib.sha256(f"{SALT}|{campaign_id}|{member_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def assign_arm(campaign_id: str, member_id: str, holdout_rate: float) -> str:
    """holdout or treatment. A higher rate holds out the same members and some more.

    Args:
        member_id: the id that the member's earliest identifier founds, which a merge does not change.
        holdout_rate: share to be held out, 0 to 1.
    """
    return "holdout" if draw_lot(campaign_id, member_id) < holdout_rate else "treatment"
