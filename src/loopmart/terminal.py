"""Where commands print: the terminal, or a file or pipe with a width of our own."""

from __future__ import annotations

import sys

from rich.console import Console

PLAIN_WIDTH = 160
"""Columns where the output goes to a file or a pipe, which has no width of its own."""

console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH)
