"""The docs as a program sees them: pages, fenced blocks, inline commands, links; and how blocks are run."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!`)!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
INLINE_CODE = re.compile(r"(?<!`)`(?P<text>[^`\n]+)`(?!`)")


@dataclass(frozen=True)
class Page:
    """A Markdown page of the repository."""

    path: Path

    @property
    def name(self) -> str:
        """Path within the repository."""
        return self.path.relative_to(PROJECT).as_posix() if self.path.is_relative_to(PROJECT) else self.path.name

    @property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text(encoding="utf-8")

    def blocks(self, language: str) -> list[str]:
        """The fenced blocks of a language, without the indent of a list that they stand in."""
        found = (m for m in FENCE.finditer(self.text) if m["language"] == language)
        return [textwrap.dedent(m["text"]) for m in found]

    def inline_codes(self) -> list[str]:
        """What stands between single backticks outside of fenced blocks."""
        return [m["text"] for m in INLINE_CODE.finditer(FENCE.sub("", self.text))]

    def links(self) -> list[str]:
        """Targets of links and images outside of fenced blocks."""
        return [m["target"] for m in LINK.finditer(FENCE.sub("", self.text))]

    def anchors(self) -> set[str]:
        """What a `#…` may point to, made from the headings as GitHub does."""
        headings = re.findall(r"^#+ +(.+)$", FENCE.sub("", self.text), re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def find_pages() -> list[Page]:
    """README, the pages of docs/, and that of the sample."""
    return [
        Page(path)
        for path in [
            PROJECT / "README.md",
            *sorted((PROJECT / "docs").rglob("*.md")),
            PROJECT / "data/sample/README.md",
        ]
    ]


def find_broken_links(page: Page) -> list[str]:
    """Links of a page that lead to no file, or to no heading of it."""
    broken = []
    for target in page.links():
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (page.path.parent / file).resolve() if file else page.path
        if not path.exists() or (anchor and anchor not in Page(path).anchors()):
            broken.append(f"{page.name}: {target}")
    return broken


def find_commands(page: Page, program: str) -> Iterator[list[str]]:
    """The words behind a program's name, wherever a block or inline code begins a command with it."""
    lines = [line for block in page.blocks("sh") for line in block.replace("\\\n", " ").splitlines()]
    for line in [*lines, *page.inline_codes()]:
        if re.match(rf"(\$ )?{re.escape(program)}( |$)", line.strip()):
            yield re.split(r" [#|<>&]", line)[0].replace("$ ", "").split()[1:]


SHIMS = {
    # A night takes long: of whole nights only the README's is run, in the other pages their options are looked up.
    "loopmart": """
        case "$DOCS_WHOLE_NIGHTS $*" in
            " run"* | " build"* | " publish") exit 0 ;;
        esac
        exec "$DOCS_PYTHON" -m loopmart.cli "$@"
    """,
    # Run by tests of their own; here they are looked up.
    "make": """grep -q "^$1:" Makefile""",
    "python": """[ -f "$1" ] && exec "$DOCS_PYTHON" "$@" --help >/dev/null""",
    "docker-compose": "exit 0",
}


def run_blocks(blocks: Sequence[str], *, project: Path, room: Path, home: Path, whole_nights: bool = False) -> str:
    """Run the blocks of a page one after the other in one shell, as a person does who works through it.

    Args:
        project: the folder in which it is run; a copy, for a block may write there.
        room: stands for /tmp and for the person's own folder.
        home: LOOPMART_HOME, unless a block sets it.
        whole_nights: whether `loopmart run`, `build` and `publish` do their work.

    Returns:
        What was printed.

    Raises:
        AssertionError: a command failed; with the block and its output.
    """
    programs = room / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    for name, body in SHIMS.items():
        (programs / name).write_text(f"#!/usr/bin/env bash\nset -e\n{textwrap.dedent(body)}\n", encoding="utf-8")
        (programs / name).chmod(stat.S_IRWXU)
    script = "set -euo pipefail\nblock=0\ntrap 'echo \"block $block failed\"' ERR\n"
    for number, block in enumerate(blocks, start=1):
        script += f"block={number}\n{block.replace('/tmp/', f'{room}/')}\n"  # noqa: S108  what the docs say
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LOOPMART_", "XDG_"))}
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=project,
        env=environment
        | {
            "PATH": f"{programs}{os.pathsep}{environment['PATH']}",
            "HOME": str(room),
            "LOOPMART_HOME": str(home),
            "LOOPMART_PROJECT": str(project),
            "DOCS_PYTHON": sys.executable,
            "DOCS_WHOLE_NIGHTS": "yes" if whole_nights else "",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"a command of the docs failed:\n{done.stdout}"
    return done.stdout
