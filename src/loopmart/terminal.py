"""Where commands print: the terminal, or a file or pipe with a width of our own."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console

PLAIN_WIDTH = 160
"""Columns where the output goes to a file or a pipe, which has no width of its own."""

PLAIN: Any = {"highlight": False, "markup": False, "soft_wrap": True}
"""How texts are printed that hold paths, names and figures: as they are."""

console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH)
