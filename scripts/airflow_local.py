"""Run Airflow on this machine with nothing but this project's environment.

    python scripts/airflow_local.py up                  until Ctrl-C; prints address, user and password
    python scripts/airflow_local.py run nightly         starts, runs one night to its end, stops; 1 if it failed
    python scripts/airflow_local.py prepare             database, pool and user; then ends
    python scripts/airflow_local.py health scheduler    0 if the API server says that it is well
    python scripts/airflow_local.py secrets             writes .env, for docker-compose.yml

Everything lies in $LOOPMART_HOME/airflow and listens on 127.0.0.1 only.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_api import AirflowApi, Chain
from local_secrets import write_env_file, write_passwords

if TYPE_CHECKING:
    from local_stack import LocalStack

PROJECT = Path(__file__).resolve().parents[1]
POOL = ("warehouse", "1", "The warehouse is a DuckDB file, which has one writer")
# a component's name in the health report; a server that answers is well if its database is
HEALTH = {"api-server": "metadatabase", "dag-processor": "dag_processor", "scheduler": "scheduler"}


def say(line: str) -> None:
    """Tell the person who waits, at once."""
    print(line, flush=True)


@contextmanager
def open_stack(database: str, wanted_port: int) -> Iterator[LocalStack]:
    """Airflow from start to stop, whatever happens between; a SIGTERM or a closed terminal ends it as Ctrl-C does."""
    from local_stack import LocalStack  # the other commands do without its packages

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    stack = LocalStack(database, wanted_port, say)
    try:
        stack.start()
        yield stack
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave half of it behind
        stack.stop()


def up(database: str) -> None:
    """Keep Airflow running until Ctrl-C."""
    with open_stack(database, wanted_port=8080) as stack:
        say(f"Airflow is up: {stack.api.base_url}")
        say(f"  user      {stack.api.user}")
        say(f"  password  {stack.api.password}")
        say(f"  logs      {stack.home}")
        say("Trigger the DAG `nightly` there. Ctrl-C stops everything.")
        while True:
            stack.check()
            time.sleep(0.5)


def run(dag_id: str, conf: dict[str, Any], database: str, timeout: float) -> bool:
    """Run a DAG and those that it sets off to their end.

    Returns:
        Whether every run succeeded.
    """
    begin = time.monotonic()
    with open_stack(database, wanted_port=0) as stack:
        say(f"Airflow is up after {time.monotonic() - begin:.1f} s: {stack.api.base_url}")
        chain = Chain(stack.api, say, stack.check)
        chain.trigger(dag_id, conf)
        succeeded = chain.follow(timeout)
    say(f"{dag_id} {'succeeded' if succeeded else 'FAILED'}; {time.monotonic() - begin:.1f} s in all")
    return succeeded


def prepare() -> None:
    """Write the user's password file, bring the database to this version, make the pool.

    All in one process: importing Airflow is most of the time.
    """
    user, _, _ = os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"].partition(":")
    passwords = Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    write_passwords(passwords, user, os.environ.get("LOOPMART_ADMIN_PASSWORD", ""))

    from airflow.cli.cli_parser import get_parser  # the other commands do without Airflow

    for words in (["db", "migrate"], ["pools", "set", *POOL]):
        arguments = get_parser().parse_args(words)
        arguments.func(arguments)


def is_healthy(component: str) -> bool:
    """Whether the API server, where tasks find it, says that a component is well."""
    server = os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"].removesuffix("/execution/")
    return AirflowApi(server).health().get(HEALTH[component]) == "healthy"


def read_parameter(text: str) -> tuple[str, Any]:
    """`key=value` for the DAG's form; the value is JSON, or else plain text."""
    key, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not key=value")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value


def read_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, default in (("up", "postgres"), ("run", "fresh")):
        command = commands.add_parser(name)
        command.add_argument("--database", choices=["postgres", "sqlite", "fresh"], default=default)
    commands.choices["run"].add_argument("dag_id", choices=["nightly"])
    commands.choices["run"].add_argument(
        "--param", type=read_parameter, action="append", default=[], metavar="KEY=VALUE"
    )
    commands.choices["run"].add_argument("--timeout", type=float, default=3600, metavar="SECONDS")
    commands.add_parser("prepare")
    commands.add_parser("health").add_argument("component", choices=list(HEALTH))
    commands.add_parser("secrets")
    return parser.parse_args()


def main() -> int:
    """Do what the command line says; the exit code is 0, 1 for a failure, 130 for a run cut short."""
    chosen = read_arguments()
    succeeded = True
    try:
        match chosen.command:
            case "up":
                up(chosen.database)
            case "run":
                succeeded = run(chosen.dag_id, dict(chosen.param), chosen.database, chosen.timeout)
            case "prepare":
                prepare()
            case "health":
                succeeded = is_healthy(chosen.component)
            case "secrets":
                write_env_file(PROJECT / ".env.example", PROJECT / ".env")
                say(f"wrote {PROJECT / '.env'}")
    except KeyboardInterrupt:
        say("stopped")
        return 0 if chosen.command == "up" else 130
    except (RuntimeError, TimeoutError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0 if succeeded else 1


if __name__ == "__main__":
    sys.exit(main())
