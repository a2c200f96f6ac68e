"""Errors that a person can act on: each says what is wrong, where, and what to do."""

from __future__ import annotations


class LoopmartError(Exception):
    """Base of every error that is meant to be read; repeating the run does not cure it."""


class RemoteUnavailable(LoopmartError):
    """A server did not answer, or the connection broke: the one such error that the same run may not meet again."""


class ContractError(LoopmartError):
    """A contract (feed, source or stores file) contradicts itself or names something unknown."""


class FileRefused(LoopmartError):
    """A file cannot be taken in as a whole.

    Args:
        reason: what is wrong, with the values found.
        remedy: what the sender or the engineer can do about it.
    """

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}. {remedy}")
        self.reason = reason
        self.remedy = remedy
