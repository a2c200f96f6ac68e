"""dbt in a process of its own: it builds, and leaves what became of each node.

dbt's manifest.json is not written: it is for other programs, of which there is none here, and takes a third of a build.
"""

from __future__ import annotations

import json
import sys
import threading
from contextlib import suppress
from pathlib import Path

from dbt.cli.main import dbtRunner
from dbt_common.events.base_types import EventMsg
from dbt_common.events.functions import msg_to_json

from loopmart.cycles import collect_seldom

_ONE_AT_A_TIME = threading.Lock()
"""dbt's threads tell of their nodes; print would let one begin in the middle of another's line."""


def tell(event: EventMsg) -> None:
    """Print what the parent reads; dbt's own log would write every event out before it drops most of them.

    When the parent was killed, nobody reads: an error raised here would let dbt wait for its node for ever.
    """
    if event.info.name == "LogModelResult" or event.info.level == "error":
        with _ONE_AT_A_TIME, suppress(BrokenPipeError):
            print(msg_to_json(event), flush=True)


def main() -> None:
    """Run dbt with the arguments after the first, which names the file for the results (a JSON list)."""
    collect_seldom()
    path, *arguments = sys.argv[1:]
    outcome = dbtRunner(callbacks=[tell]).invoke([*arguments, "--no-write-json"])
    results = [
        {
            "unique_id": r.node.unique_id,
            "status": str(r.status),
            "message": r.message or "",
            "query": getattr(r.node, "compiled_code", None) if r.failures else None,
        }
        for r in getattr(outcome.result, "results", None) or []
    ]
    Path(path).write_text(json.dumps(results), encoding="utf-8")
    if outcome.exception:
        print(outcome.exception)
    sys.exit(0 if outcome.success else 1)


if __name__ == "__main__":
    main()
