"""Containers and units, checked by reading: no engine runs here, so what they name must exist and what they say be safe."""

from __future__ import annotations

import fnmatch
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import compose_spec
import pytest
import typer
import yaml

from api.cli import app
from api.upkeep.reference import variables
from api.upkeep.supply import pins

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")
UNITS = sorted((ROOT / "docs" / "deploy" / "systemd").glob("*.service"))
TIMERS = sorted((ROOT / "docs" / "deploy" / "systemd").glob("*.timer"))
EXAMPLES = sorted((ROOT / "docs" / "deploy").glob("*.env.example"))
OF_OTHERS = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "POSTGRES_INITDB_ARGS", "PATH"}
HARDENED = (
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "CapabilityBoundingSet=",
    "SystemCallFilter=@system-service",
    "UMask=0077",
)
PINNED = re.compile(r"[\w./-]+:\d+\.\d+(\.\d+)?(-[\w.-]+)?")


def steps() -> list[tuple[str, str]]:
    """The Dockerfile's instructions: name and words, continued lines joined."""
    lines = [line for line in DOCKERFILE.splitlines() if line.strip() and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(line.partition(" ")[0], line.partition(" ")[2].strip()) for line in joined.splitlines()]


def words_of(name: str) -> list[str]:
    return [words for step, words in steps() if step == name]


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
    return found


def must_be_a_command(arguments: list[str]) -> None:
    """Every word and option is one of the real command line."""
    command: Any = typer.main.get_command(app)
    left = list(arguments)
    while left and left[0] in getattr(command, "commands", {}):
        command = command.commands[left.pop(0)]
    known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    assert command.name != "wismo", arguments
    assert [word for word in left if word.startswith("-") and word not in known] == []


# -- the image -------------------------------------------------------------------------------------------------


def test_the_base_images_are_pinned_to_a_version() -> None:
    assert all(PINNED.fullmatch(words.partition(" AS ")[0]) for words in words_of("FROM"))
    assert len(words_of("FROM")) == 2


def test_the_container_runs_as_nobody_of_importance() -> None:
    (user,) = words_of("USER")
    assert all(int(one) >= 1_000 for one in user.split(":"))
    assert [step for step, _ in steps()].index("USER") > [step for step, _ in steps()].index("COPY")


def test_everything_that_is_copied_exists_and_is_let_through() -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")]
    for words in words_of("COPY"):
        if words.startswith("--from=build"):
            continue
        for source in words.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert source in allowed, source


def test_every_package_that_is_installed_is_copied() -> None:
    copied = {source for words in words_of("COPY") for source in words.split()[:-1]}
    assert {"agent", "api", "connectors", "eval", "knowledge", "tools", "constraints.txt"} <= copied


@pytest.mark.parametrize("secret", [".git", ".env", "docs/deploy/wismo.env", ".wismo", ".venv", "wismo.db", "tests"])
def test_secrets_and_what_is_not_needed_never_reach_the_engine(secret: str) -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    rules = [line for line in lines if line.strip() and not line.startswith("#")]
    kept = False
    for rule in rules:
        if fnmatch.fnmatch(secret, rule.removeprefix("!").removeprefix("**/")):
            kept = rule.startswith("!")
    assert not kept


def test_the_build_installs_what_is_pinned_and_makes_the_weights_there() -> None:
    built = " ".join(words_of("RUN"))
    torch = re.search(r"torch==\S+", (ROOT / "Makefile").read_text("utf-8"))
    assert torch
    assert torch[0] in built
    assert "-c constraints.txt" in built
    assert "wismo setup" in built
    assert "rm -rf /tmp/home" in built


def test_the_image_says_what_it_runs_how_it_is_and_where_its_state_lies() -> None:
    assert words_of("ENTRYPOINT") == ['["wismo"]']
    must_be_a_command(yaml.safe_load(words_of("CMD")[0]))
    assert "/healthz" in words_of("HEALTHCHECK")[0]
    (volume,) = words_of("VOLUME")
    assert f"WISMO_HOME={volume}" in " ".join(words_of("ENV"))
    assert set(re.findall(r"\b(WISMO_[A-Z_]+)=", DOCKERFILE)) <= variables.names()


# -- the services ----------------------------------------------------------------------------------------------


def test_the_file_is_a_compose_file() -> None:
    """By the specification's own types: an unknown key or a value of another kind is an error."""
    read = compose_spec.PyCompose.from_yaml(yaml.safe_dump(yaml.safe_load(COMPOSE)))
    read.validate()
    assert set(read.service_names()) == {"api", "worker", "postgres", "chroma"}


def test_a_wrong_key_in_a_compose_file_is_noticed() -> None:
    with pytest.raises(Exception, match="imagee"):
        compose_spec.PyCompose.from_yaml("services: {one: {imagee: postgres}}")


def test_every_service_comes_back_is_looked_after_and_pinned() -> None:
    for name, one in services().items():
        assert one["restart"] == "unless-stopped", name
        assert one["image"] == "wismo:local" or PINNED.fullmatch(one["image"]), name
        assert "healthcheck" in one or name == "api", "the API's is in the image"
        assert not one.get("privileged")
    assert services()["chroma"]["image"].endswith(f":{pins(ROOT / 'constraints.txt')['chromadb']}")


def test_ours_may_do_nothing_more_than_they_need() -> None:
    for name in ("api", "worker"):
        one = services()[name]
        must_be_a_command(one["command"])
        assert (one["read_only"], one["cap_drop"]) == (True, ["ALL"])
        assert one["security_opt"] == ["no-new-privileges:true"]
        assert {need["condition"] for need in one["depends_on"].values()} == {"service_healthy"}
    published = [port for one in services().values() for port in one.get("ports", ())]
    assert published == ["127.0.0.1:8000:8000"]


def test_volumes_and_services_that_are_named_are_there() -> None:
    named = {volume.partition(":")[0] for one in services().values() for volume in one["volumes"]}
    assert named == set(yaml.safe_load(COMPOSE)["volumes"])
    hosts = set(re.findall(r"(?:@|//)([a-z]+):\d+", COMPOSE + "".join(one.read_text("utf-8") for one in EXAMPLES)))
    assert hosts <= set(services())


def test_secrets_come_from_files_that_are_examples_here_and_ignored_by_git() -> None:
    assert "docs/deploy/*.env" in (ROOT / ".gitignore").read_text("utf-8").splitlines()
    for one in services().values():
        if "env_file" in one:
            assert (ROOT / f"{one['env_file']}.example").exists()
        assert not [name for name in one.get("environment", {}) if re.search("PASSWORD|SECRET|TOKEN|KEY", name)]


def test_every_variable_that_is_named_is_read_by_somebody() -> None:
    files = [COMPOSE, *(one.read_text("utf-8") for one in (*EXAMPLES, *UNITS))]
    named = {name for text in files for name in re.findall(r"\b((?:WISMO|POSTGRES)_[A-Z_]+)\b", text)}
    assert named - OF_OTHERS - variables.names() == set()


# -- the units -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", UNITS, ids=lambda one: one.name)
def test_a_unit_runs_a_command_that_exists_and_is_shut_in(unit: Path) -> None:
    text = unit.read_text("utf-8")
    started = re.findall(r"(?m)^ExecStart=(.+)$", text)
    assert started
    for line in started:
        assert line.startswith("/opt/wismo/.venv/bin/wismo ")
        must_be_a_command(line.split()[1:])
    assert [line for line in HARDENED if line not in text.splitlines()] == []
    assert "User=root" not in text


@pytest.mark.parametrize("timer", TIMERS, ids=lambda one: one.name)
def test_a_timer_starts_a_unit_that_runs_once_and_is_named_where_it_is_told_of(timer: Path) -> None:
    service = timer.with_suffix(".service").read_text("utf-8")
    assert "Type=oneshot" in service.splitlines()
    assert "Restart=" not in service
    assert "Persistent=true" in timer.read_text("utf-8").splitlines()
    for page in ("operate", "forecast"):
        assert timer.name in (ROOT / "docs" / f"{page}.md").read_text("utf-8"), page


def test_the_forecasts_are_made_once_a_day() -> None:
    (timer,) = [one for one in TIMERS if one.stem == "wismo-forecast"]
    assert re.search(r"(?m)^OnCalendar=\*-\*-\* \d\d:\d\d:\d\d$", timer.read_text("utf-8"))
    service = timer.with_suffix(".service").read_text("utf-8")
    assert re.findall(r"(?m)^ExecStart=\S+ (.+)$", service) == ["forecast demand", "forecast tickets"]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="NOT RUN: no systemd-analyze; apt install systemd")
@pytest.mark.parametrize("unit", [*UNITS, *TIMERS], ids=lambda one: one.name)
def test_systemd_itself_finds_nothing_wrong_with_a_unit(unit: Path, tmp_path: Path) -> None:
    """With a program that is there: systemd looks whether it may be run, and whether what a timer starts is there."""
    for one in UNITS:
        text = one.read_text("utf-8").replace("/opt/wismo/.venv/bin/wismo", "/bin/true")
        (tmp_path / one.name).write_text(text, encoding="utf-8")
    if unit in TIMERS:
        shutil.copy(unit, tmp_path)
    here = tmp_path / unit.name
    done = subprocess.run(["systemd-analyze", "verify", str(here)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
