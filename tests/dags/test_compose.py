"""docker-compose.yml and scripts/local_stack.py start the same programs, and nothing starts with an empty secret."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import PROJECT

sys.path.insert(0, str(PROJECT / "scripts"))
import local_secrets
import local_stack

COMPOSE = PROJECT / "docker-compose.yml"
EXAMPLE = PROJECT / ".env.example"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load(COMPOSE.read_text())


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Any]:
    return compose["services"]


def test_services_are_the_programs_of_the_local_stack(services: dict[str, Any]) -> None:
    commands = {name: tuple(service["command"]) for name, service in services.items() if "command" in service}
    assert commands == {**local_stack.COMPONENTS, "prepare": local_stack.PREPARE}
    assert set(services) - set(commands) == {"postgres"}


def test_every_service_reads_the_common_settings_and_repeats_none(services: dict[str, Any]) -> None:
    common = local_stack.read_settings()
    for name in (*local_stack.COMPONENTS, "prepare"):
        assert services[name]["env_file"] == ["config/airflow.env"]
        assert not set(services[name]["environment"]) & set(common)


def test_ports_are_published_on_loopback_only(services: dict[str, Any]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_tasks_wait_for_the_server_and_the_server_for_the_database(services: dict[str, Any]) -> None:
    waits = {
        name: {other: how["condition"] for other, how in service.get("depends_on", {}).items()}
        for name, service in services.items()
    }
    assert waits["prepare"] == {"postgres": "service_healthy"}
    assert waits["api-server"] == waits["dag-processor"] == {"prepare": "service_completed_successfully"}
    assert waits["scheduler"] == {"api-server": "service_healthy"}
    assert all("healthcheck" in services[name] for name in (*local_stack.COMPONENTS, "postgres"))


def test_every_secret_is_required_and_empty_in_the_example() -> None:
    required = set(re.findall(r"\$\{(\w+):\?", COMPOSE.read_text()))
    empty = {line[:-1] for line in EXAMPLE.read_text().splitlines() if re.fullmatch(r"\w+=", line)}
    assert required == empty == set(local_secrets.SECRETS)


def test_the_image_takes_every_folder_that_a_run_needs() -> None:
    dockerfile = (PROJECT / "Dockerfile").read_text()
    ignored = (PROJECT / ".dockerignore").read_text()
    for folder in ("config", "contracts", "dags", "dbt_project", "expectations", "scripts", "src"):
        assert f"COPY {folder} " in dockerfile
        assert f"!{folder}\n" in ignored
    assert re.search(r"^USER (?!root)\w+$", dockerfile, re.M)


def run_compose_config(env_file: Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("docker-compose is not installed")
    command = [program, "--file", str(COMPOSE), "--env-file", str(env_file), "config"]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"})


def test_compose_refuses_the_example_as_it_is() -> None:
    refused = run_compose_config(EXAMPLE)
    assert refused.returncode != 0
    assert "is empty, see .env.example" in refused.stderr


def test_compose_accepts_what_the_secrets_command_writes(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    local_secrets.write_env_file(EXAMPLE, path)
    accepted = run_compose_config(path)
    assert accepted.returncode == 0, accepted.stderr
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(local_secrets.SecretError, match="stays as it is"):
        local_secrets.write_env_file(EXAMPLE, path)
