"""The manifests against the topology, the rights and the settings. Their form is checked by `make verify-deploy`, with
kustomize, kubeconform and the operators' own schemas and classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from command_line import parse
from module_at import ROOT, module_at

from streams.contracts.topology import STAGES, TOPICS, TOPOLOGY
from streams.kafka.access import STAGE_ACCESS
from streams.settings import load

GENERATOR = module_at("deploy/kubernetes/generate.py")
FOLDER: Path = ROOT / "deploy" / "kubernetes"


def documents(path: str) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all((FOLDER / path).read_text(encoding="utf-8")) if each]


WORKLOADS = [
    *(documents(f"base/{part}.yaml")[0] for part in (*STAGES, "dashboard")),
    *(documents(f"components/{service.name}/{service.name}.yaml")[0] for service in GENERATOR.SERVICES),
]


@pytest.mark.parametrize(("path", "content"), [pytest.param(p, c, id=p.name) for p, c in GENERATOR.files()])
def test_what_is_generated_is_current(path: Path, content: bytes) -> None:
    assert path.read_bytes() == content, f"{path} is out of date: run make docs"


def test_nothing_generated_is_left_over_and_all_is_used() -> None:
    generated = {path for path, _ in GENERATOR.files()}
    for path in FOLDER.rglob("*.yaml"):
        assert (path in generated) == path.read_text(encoding="utf-8").startswith("# Generated"), path
        if path.name != "kustomization.yaml":
            used = yaml.safe_load((path.parent / "kustomization.yaml").read_text(encoding="utf-8"))
            patches = [patch["path"] for patch in used.get("patches", [])]
            assert path.name in [*used["resources"], *patches], path


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda each: each["metadata"]["name"])
def test_a_workload_is_what_the_program_can_run(workload: dict[str, Any]) -> None:
    pod = workload["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    # The list stands where it is mounted; here it is the one that it is a copy of.
    parse([each.replace("/sources/sources.toml", str(ROOT / "sources" / "world.toml")) for each in container["args"]])
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}
    }  # fmt: skip
    assert pod["automountServiceAccountToken"] is False
    if container["args"][0] == "worker":
        # Not as many as the node has cores: what the pool may hold is in the limit.
        assert {"name": "STREAMS_POOL_WORKERS", "value": "1"} in container["env"]
    assert container["resources"]["limits"]["memory"]
    # It listens on the port that it is asked on: the image's for a stage, its option's for the dashboard.
    (port,) = (each["containerPort"] for each in container["ports"])
    if container["args"][0] in {service.name for service in GENERATOR.SERVICES}:
        assert container["args"][-2:] == ["--http-port", str(port)]
        assert {container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")} == {
            "/metrics"
        }
    elif workload["kind"] == "Deployment":
        image = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8")
        assert f"STREAMS_HTTP_PORT={port}" in image
        assert container["readinessProbe"]["httpGet"]["path"] == "/ready"
        assert container["livenessProbe"]["httpGet"]["path"] == "/live"
        assert pod["terminationGracePeriodSeconds"] > load().stop_grace
    else:
        assert container["args"][-1] == str(port)


@pytest.mark.parametrize("overlay", sorted(GENERATOR.OVERLAYS))
def test_the_settings_of_an_overlay_can_work(overlay: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    given = documents("base/kustomization.yaml")[0]["configMapGenerator"][0]["literals"]
    own = documents(f"overlays/{overlay}/kustomization.yaml")[0]["configMapGenerator"][0]["literals"]
    settings = dict(each.split("=", 1) for each in [*given, *own])
    size = GENERATOR.OVERLAYS[overlay]
    if size.secured:
        (patch,) = (
            each for each in documents(f"overlays/{overlay}/secrets.yaml") if "clean" in each["metadata"]["name"]
        )
        (container,) = patch["spec"]["template"]["spec"]["containers"]
        settings |= {each["name"]: each["value"] for each in container["env"]}
        # The files stand where they are mounted; here they are of our own making.
        volumes = {each["name"]: each["secret"] for each in patch["spec"]["template"]["spec"]["volumes"]}
        mounted = [
            f"{mount['mountPath']}/{item['path']}"
            for mount in container["volumeMounts"]
            for item in volumes[mount["name"]]["items"]
        ]
        for name in ("STREAMS_SASL_PASSWORD_FILE", "STREAMS_SSL_CA"):
            assert settings[name] in mounted
            settings[name] = str(tmp_path / name)
        (tmp_path / "STREAMS_SASL_PASSWORD_FILE").write_text("secret")
        import certifi

        (tmp_path / "STREAMS_SSL_CA").write_text(Path(certifi.where()).read_text())
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    made = load()
    assert made.topic_prefix == GENERATOR.PREFIX
    assert made.replication == size.replication
    ports = {str(listener["port"]) for each in documents(f"overlays/{overlay}/kafka.yaml") if each["kind"] == "Kafka"
             for listener in each["spec"]["kafka"]["listeners"]}  # fmt: skip
    assert {server.rpartition(":")[2] for server in made.bootstrap_servers} <= ports


@pytest.mark.parametrize("overlay", sorted(GENERATOR.OVERLAYS))
def test_every_topic_is_there_as_the_table_says(overlay: str) -> None:
    size = GENERATOR.OVERLAYS[overlay]
    made = {each["spec"]["topicName"]: each["spec"] for each in documents(f"overlays/{overlay}/topics.yaml")}
    assert made.keys() == {topic.full_name("news") for topic in TOPICS}
    for topic in TOPICS:
        spec = made[topic.full_name("news")]
        assert spec["partitions"] == size.partitions
        assert spec["config"] == topic.full_config(size.replication)
    brokers = [each["spec"]["replicas"] for each in documents(f"overlays/{overlay}/kafka.yaml")
               if each["kind"] == "KafkaNodePool" and "broker" in each["spec"]["roles"]]  # fmt: skip
    assert sum(brokers) >= size.replication


def test_a_user_may_do_what_its_part_does_and_no_more() -> None:
    users = {each["metadata"]["name"]: each["spec"]["authorization"]["acls"]
             for each in documents("overlays/production/users.yaml")}  # fmt: skip
    for stage, access in STAGE_ACCESS.items():
        rights = {(acl["resource"]["type"], acl["resource"]["name"], operation)
                  for acl in users[f"news-{stage}"] for operation in acl["operations"]}  # fmt: skip
        changing = {each for each in rights if not each[2].startswith("Describe")}
        assert changing == {
            *(("topic", topic.full_name("news"), "Read") for topic in access.reads),
            *(("topic", topic.full_name("news"), "Write") for topic in access.writes),
            ("group", f"news.{access.group}", "Read"),
        }


def test_workers_are_never_more_than_partitions() -> None:
    scaled = [each for each in documents("overlays/production/scaling.yaml") if each["kind"] == "ScaledObject"]
    assert len(scaled) == len(STAGES)
    for stage, each in zip(STAGES, scaled, strict=True):
        assert each["spec"]["scaleTargetRef"]["name"] == f"news-streams-{stage}"
        assert each["spec"]["maxReplicaCount"] == GENERATOR.OVERLAYS["production"].partitions
        about = each["spec"]["triggers"][0]["metadata"]
        assert about["topic"] == TOPOLOGY[stage].input.full_name("news")
        assert about["consumerGroup"] == f"news.{stage}"


@pytest.mark.parametrize("service", GENERATOR.SERVICES, ids=lambda each: each.name)
def test_a_service_reaches_the_world_and_logs_in_as_itself(service: Any) -> None:
    production = documents("overlays/production/kustomization.yaml")[0]
    assert f"../../components/{service.name}" in production["components"]
    deployment, _, policy = documents(f"components/{service.name}/{service.name}.yaml")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert policy["spec"]["podSelector"]["matchLabels"] == labels
    assert {each["port"] for each in policy["spec"]["egress"][0]["ports"]} >= {443}
    (patch,) = documents(f"overlays/production/secrets-{service.name}.yaml")
    assert patch["metadata"]["name"] == deployment["metadata"]["name"]
    (container,) = patch["spec"]["template"]["spec"]["containers"]
    users = {each["metadata"]["name"] for each in documents("overlays/production/users.yaml")}
    assert {each["value"] for each in container["env"]} <= users
    mounted = {mount["name"] for mount in deployment["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]}
    assert mounted == {volume["name"] for volume in deployment["spec"]["template"]["spec"]["volumes"]}
