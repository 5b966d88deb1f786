"""The deployment files against the truth: the commands, the settings and the broker that they name exist.

No Docker engine is needed. What only an engine can tell (that the image builds, that it runs) is not told here.
"""

from __future__ import annotations

import http.server
import json
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from command_line import parse

from streams.contracts.topology import STAGES
from streams.kafka.local.apache import PROPERTIES, kafka_version
from streams.settings import Settings, load

ROOT = Path(__file__).parents[3]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
CONTAINERFILE = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8")
OTHERS = {"kafka", "prometheus", "grafana", "collector"}
OURS = sorted(set(SERVICES) - OTHERS)
#: What comes in from the web, and what goes out to people.
DESK = ("follow", "notify")


def instructions(text: str) -> list[tuple[str, str]]:
    """``(INSTRUCTION, arguments)`` of a Containerfile, continuation lines joined, comments gone."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", "", lines)
    return [(word.upper(), rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def properties(environment: dict[str, str]) -> dict[str, str]:
    """Kafka's properties as its image makes them out of the environment."""
    names = {name: name.removeprefix("KAFKA_").lower().replace("_", ".") for name in environment}
    return {names[name]: value for name, value in environment.items() if name != "KAFKA_HEAP_OPTS"}


def test_there_is_a_service_for_the_broker_the_topics_each_stage_and_the_dashboard() -> None:
    assert set(OURS) == {"topics", "seed", "dashboard", *DESK, *STAGES}
    profiles = {name: service["profiles"] for name, service in SERVICES.items() if "profiles" in service}
    ours = {name: [name] for name in ("seed", *DESK)}
    assert profiles == ours | {name: ["observability"] for name in OTHERS - {"kafka"}}


def test_nothing_listens_beyond_this_machine() -> None:
    for service in SERVICES.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert SERVICES["dashboard"]["ports"] == ["127.0.0.1:8800:8800"]


def test_prometheus_and_grafana_get_our_files_where_they_look() -> None:
    prometheus, grafana = SERVICES["prometheus"], SERVICES["grafana"]
    mounts = dict(volume.split(":")[1::-1] for volume in [*prometheus["volumes"], *grafana["volumes"]])
    (config,) = (each.split("=")[1] for each in prometheus["command"] if each.startswith("--config.file="))
    assert (ROOT / mounts["/etc/prometheus"] / config.removeprefix("/etc/prometheus/")).is_file()
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (ROOT / mounts["/var/lib/grafana/dashboards"] / Path(home).name).is_file()
    provisioning = ROOT / mounts["/etc/grafana/provisioning"]
    (provider,) = yaml.safe_load((provisioning / "dashboards" / "news-streams.yml").read_text())["providers"]
    assert provider["options"]["path"] == str(Path(home).parent)
    (source,) = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text())["datasources"]
    assert source["url"] == "http://prometheus:9090"
    scraped = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    (ours,) = (each for each in scraped if each["job_name"] == "news-streams")
    assert ours["dns_sd_configs"][0]["names"] == list(STAGES)
    assert f"STREAMS_HTTP_PORT={ours['dns_sd_configs'][0]['port']}" in CONTAINERFILE


def test_the_collector_is_the_one_that_the_check_runs_and_listens_where_traces_go() -> None:
    collector = SERVICES["collector"]
    module = (ROOT / "deploy" / "verify" / "collector" / "go.mod").read_text(encoding="utf-8")
    assert f"go.opentelemetry.io/collector/otelcol v{collector['image'].partition(':')[2]}\n" in module
    outside, inside, _ = collector["volumes"][0].split(":")
    assert collector["command"] == [f"--config={inside}"]
    receiver = yaml.safe_load((ROOT / outside).read_text(encoding="utf-8"))["receivers"]["otlp"]["protocols"]["http"]
    for text in (ROOT / "docker-compose.yml", ROOT / "docs" / "how-to" / "observe.md"):
        told = re.search(r"STREAMS_TRACES=(http://collector:\d+/v1/traces)", text.read_text(encoding="utf-8"))
        assert told
        assert receiver["endpoint"].rpartition(":")[2] in told[1]


def test_the_broker_is_the_kafka_that_the_tests_run_on() -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{kafka_version()}"
    given = properties(SERVICES["kafka"]["environment"])
    differs_in_a_container = {"listener.security.protocol.map", "controller.listener.names"}
    shared = given.keys() & PROPERTIES.keys() - differs_in_a_container
    assert {name: given[name] for name in shared} == {name: PROPERTIES[name] for name in shared}
    assert {"message.max.bytes", "replica.fetch.max.bytes", "auto.create.topics.enable"} <= shared
    factors = {name for name in PROPERTIES if name.endswith(("replication.factor", "min.isr"))}
    assert factors <= shared, "Kafka's defaults want three nodes"


def test_listeners_agree_with_each_other_and_with_the_ports() -> None:
    given = properties(SERVICES["kafka"]["environment"])
    listeners = dict(each.split("://") for each in given["listeners"].split(","))
    advertised = dict(each.split("://") for each in given["advertised.listeners"].split(","))
    protocols = dict(each.split(":") for each in given["listener.security.protocol.map"].split(","))
    assert listeners.keys() == protocols.keys() == advertised.keys() | {given["controller.listener.names"]}
    assert given["inter.broker.listener.name"] in advertised
    for name, address in advertised.items():
        assert address.endswith(listeners[name])
    assert given["controller.quorum.voters"] == (
        f"{given['node.id']}@kafka{listeners[given['controller.listener.names']]}"
    )
    # From the host, and only from there, Kafka is where `streams` looks by default.
    assert f"kafka://{advertised['HOST']}" == load().broker
    assert SERVICES["kafka"]["ports"] == [f"{advertised['HOST']}:{listeners['HOST'].lstrip(':')}"]
    assert SERVICES["clean"]["environment"]["STREAMS_BROKER"] == f"kafka://{advertised['INSIDE']}"


@pytest.mark.parametrize("service", OURS)
def test_its_command_is_one_of_ours(service: str) -> None:
    mounts = dict(volume.split(":")[:2][::-1] for volume in SERVICES[service].get("volumes", []))
    arguments = []
    for argument in SERVICES[service]["command"]:
        for inside, outside in mounts.items():
            if argument == inside or argument.startswith(f"{inside}/"):
                argument = argument.replace(inside, str(ROOT / outside), 1)
        arguments.append(argument)
    parse(arguments)


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_runs_itself_alone(stage: str) -> None:
    assert SERVICES[stage]["command"] == ["worker", stage]


def test_a_wrong_command_would_be_seen() -> None:
    for wrong in (["worker", "wash"], ["topics", "aply"], ["wroker"], ["seed"], ["topics", "plan", "--jsn"]):
        with pytest.raises(click.UsageError):
            parse(wrong)


@pytest.mark.parametrize("service", OURS)
def test_its_settings_exist_and_can_work(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = SERVICES[service]["environment"]
    assert all(isinstance(value, str) for value in environment.values())
    for name, value in environment.items():
        assert name.removeprefix("STREAMS_").lower() in Settings.model_fields, name
        # What the one who starts it leaves open has its default.
        monkeypatch.setenv(name, re.sub(r"\$\{\w+:-(.*)\}", r"\1", value))
    load()


def test_all_parts_have_the_same_settings() -> None:
    assert len({json.dumps(SERVICES[service]["environment"], sort_keys=True) for service in OURS}) == 1


@pytest.mark.parametrize("service", OURS)
def test_it_starts_after_what_it_needs(service: str) -> None:
    needs = {name: each["condition"] for name, each in SERVICES[service]["depends_on"].items()}
    wanted = {"kafka": "service_healthy"}
    if service != "topics":
        wanted["topics"] = "service_completed_successfully"
    assert needs == wanted


@pytest.mark.parametrize("service", OURS)
def test_it_is_our_image_and_has_no_more_rights_than_it_needs(service: str) -> None:
    given = SERVICES[service]
    assert given["build"] == {"context": ".", "dockerfile": "deploy/Containerfile"}
    assert given["read_only"] is True
    assert given["cap_drop"] == ["ALL"]
    assert given["security_opt"] == ["no-new-privileges:true"]
    assert ("ports" in given) == (service == "dashboard")


def test_services_are_watched_and_one_shots_are_not_started_again() -> None:
    for service in ("kafka", "dashboard", *DESK, *STAGES):
        assert SERVICES[service]["restart"] == "unless-stopped"
        assert SERVICES[service].get("healthcheck", {}).get("disable") is not True
    check = SERVICES["dashboard"]["healthcheck"]["test"]
    assert check[:3] == ["CMD", "python", "-c"]
    assert "127.0.0.1:8800/api/v1/health'" in check[3]
    for service in DESK:
        assert SERVICES[service]["command"][-2:] == ["--http-port", "8080"]
        assert "127.0.0.1:8080/metrics'" in SERVICES[service]["healthcheck"]["test"][3]
        # What is secret stands in a file of the reader's, which nobody commits and no image gets.
        assert SERVICES[service]["env_file"] == [{"path": f"{service}.env", "required": False}]
        assert f"/{service}.env" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    for service in ("topics", "seed"):
        assert SERVICES[service]["restart"] == "no"
        assert SERVICES[service]["healthcheck"] == {"disable": True}
    assert SERVICES["kafka"]["healthcheck"]["test"][-1] == "kafka:19092"


def test_volumes_are_declared_and_each_worker_has_a_folder_of_its_own() -> None:
    named = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    named = [name for name in named if not name.startswith(".")]
    assert sorted(named) == sorted(COMPOSE["volumes"])
    environment = dict(re.findall(r"(STREAMS_\w+)=(\S+)", dict(instructions(CONTAINERFILE))["ENV"]))
    folder, user = environment["STREAMS_DATA_DIR"], dict(instructions(CONTAINERFILE))["USER"].split(":")
    for stage in STAGES:
        # Several workers of a stage, and a name for none of them: a shared volume would be one folder.
        assert "volumes" not in SERVICES[stage]
        assert f"{folder}:uid={user[0]},gid={user[1]}" in SERVICES[stage]["tmpfs"]
    assert SERVICES["dashboard"]["volumes"][0].split(":")[1] == folder


def test_no_file_of_ours_holds_a_secret() -> None:
    for text in (CONTAINERFILE, (ROOT / "docker-compose.yml").read_text(encoding="utf-8")):
        assert not re.search(
            r"(?i)password|passwd|secret|token|api_?key|--extra-index|https?://(?!127\.0\.0\.1|collector:)", text
        )


def test_the_image_is_built_from_pinned_things_and_runs_without_rights() -> None:
    steps = instructions(CONTAINERFILE)
    bases = [rest for word, rest in steps if word == "FROM"]
    assert len(bases) == 2
    for base in bases:
        assert re.match(r"python:3\.\d+\.\d+-slim-\w+", base), base
    assert bases[0].split()[0] == bases[1].split()[0]
    runs = [rest for word, rest in steps if word == "RUN"]
    assert any("pip install --require-hashes --only-binary :all: -r requirements.lock" in run for run in runs)
    assert any("streams models install" in run and "streams models verify" in run for run in runs)
    last = max(index for index, (word, _) in enumerate(steps) if word == "FROM")
    final = dict(steps[last:])
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", final["USER"])
    assert json.loads(final["ENTRYPOINT"]) == ["streams"]
    parse(json.loads(final["CMD"]))
    assert not any(word == "ADD" for word, _ in steps)


def test_the_image_has_what_its_settings_ask_for() -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [told["optional-dependencies"][extra] for extra in ("embedded", "tracing", "build")]
    names = {re.split(r"[\[<>=; ]", each)[0] for group in (told["dependencies"], *extras) for each in group}
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    assert names - set(locked) == set()


def test_commands_in_the_image_are_ours() -> None:
    for run in (rest for word, rest in instructions(CONTAINERFILE) if word == "RUN"):
        for command in re.findall(r"(?:^|&& )streams ([^&]+)", run):
            parse(command.split())


def test_settings_in_the_image_exist_and_can_work(monkeypatch: pytest.MonkeyPatch) -> None:
    given = re.findall(r"(STREAMS_\w+)=(\S+)", CONTAINERFILE)
    assert given
    for name, value in given:
        assert name.removeprefix("STREAMS_").lower() in Settings.model_fields, name
        monkeypatch.setenv(name, value)
    load()


def test_what_is_copied_is_there_and_not_ignored() -> None:
    ignore = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert ignore[0] == "*"
    kept = {line[1:] for line in ignore if line.startswith("!")}
    for rest in (rest for word, rest in instructions(CONTAINERFILE) if word == "COPY" and "--from" not in rest):
        for source in rest.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert source in kept, source
    for private in (".git", ".venv", "var", "models", ".env"):
        assert not any(fnmatch(private, pattern) for pattern in kept)


class _Ready(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        assert self.path == "/ready"
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def ready() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Ready) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_the_health_check_believes_the_stage(
    ready: int, status: int, healthy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Ready, "status", status)
    check = dict(instructions(CONTAINERFILE))["HEALTHCHECK"]
    command = json.loads(check[check.index("CMD ") + 4 :])
    assert command[0] == "python"
    monkeypatch.setenv("STREAMS_HTTP_PORT", str(ready))
    done = subprocess.run([sys.executable, *command[1:]], capture_output=True, check=False, timeout=20)
    assert (done.returncode == 0) is healthy, done.stderr
