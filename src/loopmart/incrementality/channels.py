"""What the hold-outs of a channel's campaigns say of the channel."""

from __future__ import annotations

import math
from collections.abc import Sequence

from loopmart.incrementality.verdicts import CUPED, HOLDOUT, NOT_CAUSAL, PRE_POST, SYNTHETIC, Effect, Finding, judge

BY_CAMPAIGN = "stores are compared campaign by campaign: their intervals do not add up"
ADDED = "effects of the campaigns added up: each held out members by a draw of its own"


def conclude_channel(channel: str, naive: Finding, campaigns: Sequence[Finding]) -> list[Finding]:
    """The measured findings of a channel, from all those of its campaigns.

    Each campaign draws its hold-out for itself, so that the estimates are independent and their squared half-widths add
    up, also where campaigns share members and days. The channel has a figure only if each of its campaigns has one.
    """
    findings = [
        _add_up(channel, naive, [finding for finding in campaigns if finding.method == method])
        for method in (HOLDOUT, CUPED)
    ]
    for method in (SYNTHETIC, PRE_POST):
        verdict, reason = judge(None, [BY_CAMPAIGN], [], "")
        findings.append(Finding("channel", channel, method, verdict, reason, window_lack=naive.window_lack))
    return findings


def _add_up(channel: str, naive: Finding, parts: list[Finding]) -> Finding:
    effects = [part.effect for part in parts if part.effect]
    if not effects or len(effects) < len(parts):
        effect = None
        lacks = [f"{len(effects)} of {len(parts)} campaigns have a figure from members held out at random"]
    else:
        lacks = []
        total = math.fsum(each.amount for each in effects)
        reach = math.sqrt(math.fsum(((each.high - each.low) / 2) ** 2 for each in effects))
        effect = Effect(total, total - reach, total + reach, effects[0].level)
    doubts = [f"campaign {part.subject_id}: {part.reason}" for part in parts if part.verdict == NOT_CAUSAL]
    return Finding(
        "channel",
        channel,
        parts[0].method,
        *judge(effect, lacks, doubts, ADDED),
        effect=effect,
        naive=naive.effect.amount if effect and naive.effect else None,
        control_members=sum(part.control_members or 0 for part in parts),
        window_lack=naive.window_lack,
    )
