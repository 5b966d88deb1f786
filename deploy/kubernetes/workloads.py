"""The pods of a stage, and of a service beside the stages. ``generate.py`` writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from streams.metrics import Metrics
from streams.runtime.stage_reader import StageReader
from streams.runtime.stages import create_stage
from streams.settings import load

_DATA_DIR = "/var/lib/news-streams"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What runs beside the stages, as a component: its command, its memory, the ports of the world that it needs."""

    name: str
    args: tuple[str, ...]
    memory: str
    ports: tuple[int, ...]
    sources: bool = False


SERVICES = (
    # A list of sources is parsed in a process that may take 1 GiB.
    Service(name="follow", args=("follow", "/sources/sources.toml"), memory="2Gi", ports=(80, 443), sources=True),
    # The web hooks' port, and those of mail.
    Service(name="notify", args=("notify",), memory="512Mi", ports=(443, 465, 587)),
)


def labels(part: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": "news-streams", "app.kubernetes.io/component": part}


def of_stage(name: str) -> dict[str, Any]:
    # One a pod, as its resources are: the node's cores, which a worker would count otherwise, are not the pod's.
    settings = load(pool_workers=1)
    pooled = create_stage(name, settings, Metrics(), StageReader(settings)).pool is not None
    # The loop and its models, and what each pool process may hold.
    limit = 1024 + (settings.pool_size * settings.pool_memory if pooled else 3072)
    container = {
        "args": ["worker", name],
        "env": [{"name": "STREAMS_POOL_WORKERS", "value": str(settings.pool_workers)}],
        # The server answers once the models are loaded; `/live` says what the watchdog thinks, which ends the process.
        "startupProbe": _probe("/live", period=5, failures=60),
        "livenessProbe": _probe("/live", period=20, failures=3),
        "readinessProbe": _probe("/ready", period=10, failures=3),
        "resources": {"requests": {"cpu": "1", "memory": "1536Mi"}, "limits": {"memory": f"{limit}Mi"}},
    }
    # How many there are is the scaler's: without a number here, applying again leaves it.
    return _deployment(name, container, grace=round(settings.stop_grace) + 40)


def of_service(what: Service) -> dict[str, Any]:
    """A service beside the stages: it serves nothing but its metrics, which answer as long as it lives."""
    mounts = [{"name": "sources", "mountPath": "/sources", "readOnly": True}] if what.sources else []
    volumes = [{"name": "sources", "configMap": {"name": "news-streams-sources"}}] if what.sources else []
    container = {
        "args": [*what.args, "--http-port", "8080"],
        # Its own settings, with what is secret: of your making, or none.
        "secrets": {"secretRef": {"name": f"news-streams-{what.name}", "optional": True}},
        "startupProbe": _probe("/metrics", period=5, failures=60),
        "livenessProbe": _probe("/metrics", period=20, failures=3),
        "readinessProbe": _probe("/metrics", period=10, failures=3),
        "resources": {"requests": {"cpu": "200m", "memory": "256Mi"}, "limits": {"memory": what.memory}},
        "volumeMounts": mounts,
    }
    made = _deployment(what.name, container, grace=60, volumes=volumes)
    made["spec"] = {"replicas": 1, **made["spec"]}
    return made


def _deployment(
    part: str, container: dict[str, Any], *, grace: int, volumes: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """A part of the pipeline as pods; ``container`` says what is its own, ``grace`` how many seconds it gets to end."""
    secrets = container.pop("secrets", None)
    mounts = container.pop("volumeMounts", [])
    whole = {
        "name": part,
        "image": "news-streams",
        "args": container.pop("args"),
        "envFrom": [{"configMapRef": {"name": "news-streams"}}, *([secrets] if secrets else [])],
        **({"env": container.pop("env")} if "env" in container else {}),
        "ports": [{"name": "http", "containerPort": 8080}],
        **container,
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "data", "mountPath": _DATA_DIR}, {"name": "tmp", "mountPath": "/tmp"}, *mounts],
    }
    pod = {
        "serviceAccountName": "news-streams",
        "automountServiceAccountToken": False,
        # What is in hand is finished and committed.
        "terminationGracePeriodSeconds": grace,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "fsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": labels(part)},
            }
        ],
        "containers": [whole],
        # State is in Kafka: what is on disk may go with the pod.
        "volumes": [
            {"name": "data", "emptyDir": {"sizeLimit": "1Gi"}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}},
            *volumes,
        ],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"news-streams-{part}", "labels": labels(part)},
        "spec": {
            "selector": {"matchLabels": labels(part)},
            # One at a time: each that joins or leaves has the group's partitions assigned anew.
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
            "template": {"metadata": {"labels": labels(part)}, "spec": pod},
        },
    }


def outwards(what: Service) -> dict[str, Any]:
    """Leave for the ports at which a service asks or tells the world; our own policy for pods adds names and Kafka."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"news-streams-{what.name}", "labels": labels(what.name)},
        "spec": {
            "podSelector": {"matchLabels": labels(what.name)},
            "policyTypes": ["Egress"],
            "egress": [{"ports": [{"protocol": "TCP", "port": port} for port in what.ports]}],
        },
    }


def _probe(path: str, *, period: int, failures: int) -> dict[str, Any]:
    return {
        "httpGet": {"path": path, "port": "http"},
        "periodSeconds": period,
        "timeoutSeconds": 4,
        "failureThreshold": failures,
    }


def budget(part: str) -> dict[str, Any]:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": f"news-streams-{part}", "labels": labels(part)},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": labels(part)}},
    }
