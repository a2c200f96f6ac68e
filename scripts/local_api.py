"""Talk to Airflow's REST API: trigger a DAG, follow every task to the end, show why one failed."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

TERMINAL = frozenset({"success", "failed"})
SHOWN = frozenset({"running", "success", "failed", "skipped", "up_for_retry", "upstream_failed"})
LOG_TAIL = 40  # lines of a failed task
POLL = 2.0  # seconds from look to look; the API server takes a tenth of a second of CPU for one

# our own server is on loopback: no proxy of the environment is asked
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class ApiError(RuntimeError):
    """The API refused a request; the message is what it said."""


@dataclass
class AirflowApi:
    """A client of the API server at `base_url`; it logs in as `user` when it has to."""

    base_url: str
    user: str = ""
    password: str = field(default="", repr=False)
    _token: str = field(default="", repr=False)

    def health(self) -> dict[str, str]:
        """Status by component, `healthy` or another word; empty while the server does not answer."""
        try:
            shown = self._send("GET", "/api/v2/monitor/health", None, headers={})
        except (ApiError, OSError):
            return {}
        return {name: str(part.get("status")) for name, part in shown.items() if isinstance(part, dict)}

    def warm_up(self) -> None:
        """Ask once for what tasks will ask for: the server builds that part on its first request, in 2 s."""
        self._send("GET", "/execution/health", None, headers={})

    def get(self, path: str, **query: str | int) -> Any:
        """What stands at `path`; keys of `query` are the API's.

        Raises:
            ApiError: an answer other than 2xx.
        """
        return self._logged_in("GET", f"{path}?{urllib.parse.urlencode(query)}" if query else path, None)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Send `body` to `path`.

        Raises:
            ApiError: an answer other than 2xx.
        """
        return self._logged_in("POST", path, body)

    def _logged_in(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        if not self._token:
            login = {"username": self.user, "password": self.password}
            self._token = self._send("POST", "/auth/token", login, headers={})["access_token"]
        return self._send(method, path, body, headers={"Authorization": f"Bearer {self._token}"})

    def _send(self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]) -> Any:
        request = urllib.request.Request(  # noqa: S310  base_url is http://127.0.0.1
            f"{self.base_url}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Accept": "application/json", **headers},
            method=method,
        )
        try:
            with _OPENER.open(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise ApiError(f"{method} {path}: {error.code} {error.read().decode(errors='replace')}") from error


@dataclass
class Chain:
    """What one triggered run set off, up to the run that nobody follows.

    Args:
        api: the client.
        say: takes each line for the person who waits.
        check: called again and again while it waits; raises if the wait has become vain.
    """

    api: AirflowApi
    say: Callable[[str], None]
    check: Callable[[], None]
    _since: datetime = field(default_factory=lambda: datetime.now(UTC))
    _started: float = field(default_factory=time.monotonic)
    _states: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def trigger(self, dag_id: str, conf: dict[str, Any]) -> None:
        """Trigger a DAG with a filled form.

        Raises:
            ApiError: the form's schema does not allow `conf`.
        """
        self._since = datetime.now(UTC)
        self._started = time.monotonic()
        run = self.api.post(f"/api/v2/dags/{dag_id}/dagRuns", {"conf": conf, "logical_date": None})
        self.say(f"{self._elapsed()}  triggered {dag_id}: {run['dag_run_id']}")

    def follow(self, timeout: float) -> bool:
        """Show each task's changes until every run has ended; show the log of those that failed.

        Args:
            timeout: seconds.

        Returns:
            Whether every run succeeded.

        Raises:
            TimeoutError: something still runs; the message names it.
        """
        while True:
            self.check()
            runs = self.api.get("/api/v2/dags/~/dagRuns", limit=100, run_after_gte=self._since.isoformat())["dag_runs"]
            self._show_changes()
            open_runs = [f"{run['dag_id']} ({run['state']})" for run in runs if run["state"] not in TERMINAL]
            if runs and not open_runs:
                return all(run["state"] == "success" for run in runs)
            if time.monotonic() - self._started > timeout:
                raise TimeoutError(f"after {timeout:.0f} s not done: {', '.join(open_runs)}")
            time.sleep(POLL)

    def _show_changes(self) -> None:
        query: dict[str, str | int] = {"limit": 1000, "run_after_gte": self._since.isoformat()}
        found = self.api.get("/api/v2/dags/~/dagRuns/~/taskInstances", **query)["task_instances"]
        for task in sorted(found, key=lambda task: task["end_date"] or task["start_date"] or "9"):
            key = (task["dag_id"], task["dag_run_id"], task["task_id"], task["map_index"])
            state = task["state"]
            if state not in SHOWN or self._states.get(key) == f"{state} {task['try_number']}":
                continue
            self._states[key] = f"{state} {task['try_number']}"
            self.say(f"{self._elapsed()}  {_name_of(task):<44} {state}{_remark_on(task)}")
            if state == "failed":
                for line in self._log_tail(task):
                    self.say(f"          | {line}")

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self._started:7.1f} s"

    def _log_tail(self, task: dict[str, Any]) -> list[str]:
        run = urllib.parse.quote(task["dag_run_id"], safe="")
        path = f"/api/v2/dags/{task['dag_id']}/dagRuns/{run}/taskInstances/{task['task_id']}"
        try:
            log = self.api.get(f"{path}/logs/{task['try_number']}", map_index=task["map_index"], full_content="true")
        except (ApiError, OSError) as error:
            return [f"its log cannot be read: {error}"]
        return [line for event in log["content"] for line in _lines_of(event)][-LOG_TAIL:]


def _name_of(task: dict[str, Any]) -> str:
    which = task.get("rendered_map_index") or (task["map_index"] if task["map_index"] >= 0 else "")
    return f"{task['dag_id']}.{task['task_id']}" + (f" [{which}]" if which != "" else "")


def _remark_on(task: dict[str, Any]) -> str:
    tried = f", try {task['try_number']}" if task["try_number"] > 1 else ""
    took = f" after {task['duration']:.1f} s" if task["state"] in TERMINAL and task["duration"] else ""
    return f"{took}{tried}"


def _lines_of(event: Any) -> Iterator[str]:
    """The lines of one log entry that help: no group marks, and of a traceback only our own frames."""
    text = str(event.get("event", "") if isinstance(event, dict) else event)
    if not isinstance(event, dict) or "::" in text[:2] or event.get("timestamp") is None:
        return
    yield f"{event.get('level', '')} {text}".strip()
    for error in event.get("error_detail") or []:
        for frame in error.get("frames") or []:
            if "site-packages" not in frame["filename"]:
                yield f"  {frame['filename']}:{frame['lineno']} in {frame['name']}"
        yield f"  {error.get('exc_type')}: {error.get('exc_value')}"
