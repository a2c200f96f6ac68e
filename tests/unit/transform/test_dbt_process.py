from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from dbt_common.events.base_types import EventLevel, EventMsg, msg_from_base_event
from dbt_common.events.types import Note

from loopmart.transform.dbt_process import tell


def note(level: EventLevel) -> EventMsg:
    return msg_from_base_event(Note(msg="it broke"), level=level)


def test_of_all_events_errors_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    for level in (EventLevel.DEBUG, EventLevel.INFO, EventLevel.ERROR):
        tell(note(level))
    assert json.loads(capsys.readouterr().out)["info"]["msg"] == "it broke"


def test_nodes_that_end_together_are_told_line_by_line(capfd: pytest.CaptureFixture[str]) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(tell, [note(EventLevel.ERROR)] * 500))
    lines = capfd.readouterr().out.splitlines()
    assert [json.loads(line)["info"]["msg"] for line in lines] == ["it broke"] * 500


def test_a_parent_that_was_killed_stops_no_build(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    monkeypatch.setattr(sys, "stdout", os.fdopen(writer, "w", closefd=False))
    tell(note(EventLevel.ERROR))
