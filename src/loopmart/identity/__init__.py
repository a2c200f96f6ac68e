"""Who is one person: identifiers that meet in records become members, by rules that can be read and overruled.

An *identifier* is (type, issuer, token); its token, 32 hex digits, already contains type and issuer. An *edge* says
that two identifiers met in records of one kind. The result is a pure function of edges, conflicts and reviewed
decisions: neither the order of arrival nor the clock matters, and what is resolved by affected component equals a full
resolve row for row.

The rules, in this order (`rules.py` has every figure with its reason):

1. An identifier with more neighbours of a type than one person has is `shared`: it bridges nothing, names no member.
2. Components of the evidence between the others are what is resolved anew when anything in them changes.
3. Decisions: a split makes evidence at an identifier before its date count no more; a link is evidence; a veto holds
   for ever and takes the weakest and latest evidence away that would break it.
4. A phone whose neighbours lie 90 days apart without any other connection had two owners: a period each.
5. A component above the cap is rebuilt without what was seen on one day only, if need be from strong evidence alone;
   what is still above it stands alone, `over_cap`.
6. A member's id is founded by its earliest identifier, so ids survive rebuilds, and splits give back ids from before.
"""

from loopmart.identity.entry import resolve_affected, resolve_identifiers
from loopmart.identity.quality import measure_quality

__all__ = ["measure_quality", "resolve_affected", "resolve_identifiers"]
