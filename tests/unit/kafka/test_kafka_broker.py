"""What can go wrong before Kafka runs, each told in one sentence; and the files that it is started with."""

from __future__ import annotations

import importlib.resources
import stat
from pathlib import Path

import pytest

from streams.contracts.topics import MAX_MESSAGE_BYTES
from streams.kafka.errors import BrokerError
from streams.kafka.local import apache
from streams.kafka.local.apache import KafkaBroker
from streams.kafka.local.classes import ClassArchive
from streams.kafka.local.process import check_port

ROOT = Path(__file__).parents[3]


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH; caches are in the test's own folder."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return folder


def java(folder: Path, version: str) -> None:
    program(folder, "java", f"""echo 'openjdk version "{version}" 2025-04-15' >&2""")


def test_no_java() -> None:
    with pytest.raises(BrokerError, match=r"there is no java on the PATH\. Apache Kafka needs Java 17 or newer"):
        KafkaBroker().start()


def test_no_java_in_java_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    with pytest.raises(BrokerError, match=r"there is no java in JAVA_HOME \(/nowhere\)"):
        KafkaBroker().start()


@pytest.mark.parametrize(("version", "shown"), [("1.8.0_392", "8"), ("11.0.21", "11"), ("16", "16")])
def test_java_is_too_old(path: Path, version: str, shown: str) -> None:
    java(path, version)
    with pytest.raises(BrokerError, match=rf"java is Java {shown}\. Apache Kafka needs Java 17 or newer"):
        KafkaBroker().start()


def test_java_that_tells_no_version(path: Path) -> None:
    program(path, "java", "echo 'No Java runtime present' >&2; exit 1")
    with pytest.raises(BrokerError, match="does not tell a version: 'No Java runtime present'"):
        KafkaBroker().start()


@pytest.mark.parametrize("version", ["17", "17.0.15", "21.0.2-ea", "25"])
def test_java_is_new_enough_and_maven_is_missing(path: Path, version: str) -> None:
    java(path, version)
    with pytest.raises(BrokerError, match="there is no mvn on the PATH"):
        KafkaBroker().start()


def test_maven_cannot_fetch(path: Path, tmp_path: Path) -> None:
    program(path, "mvn", "echo '[ERROR] Could not transfer artifact'; exit 1")
    with pytest.raises(BrokerError, match=r"(?s)Maven could not fetch Apache Kafka 4\.\S+; .*Could not transfer"):
        apache.ensure_jars()
    assert list((tmp_path / "cache" / "news-streams").iterdir()) == []


def test_jars_are_fetched_once_and_whole(path: Path, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    program(
        path,
        "mvn",
        f'echo "$@" >> {calls}\n'
        "for each; do case $each in -DoutputDirectory=*) out=${each#*=};; esac; done\n"
        "/bin/mkdir -p $out && : > $out/kafka.jar",
    )
    jars = apache.ensure_jars()
    assert [jar.name for jar in jars.iterdir()] == ["kafka.jar"]
    assert jars.name.startswith(f"kafka-{apache.kafka_version()}-")
    assert apache.ensure_jars() == jars
    (call,) = calls.read_text().splitlines()
    assert "dependency:copy-dependencies" in call
    assert "--strict-checksums" in call
    assert [each.name for each in jars.parent.iterdir()] == [jars.name]


def test_a_taken_port_is_told_before_anything_is_fetched(path: Path) -> None:
    import socket

    java(path, "17")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BrokerError, match=rf"cannot listen on 127\.0\.0\.1:{port}"):
            KafkaBroker(port).start()
    check_port(port)


def test_its_folder_is_free_again_after_a_failure(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(path, "java", """[ "$1" = -version ] && { echo 'version "17"' >&2; exit; }; echo 'bad disk'; exit 1""")
    monkeypatch.setattr(apache, "ensure_jars", lambda: tmp_path)
    for _ in range(2):
        with pytest.raises(BrokerError, match=r"Kafka could not prepare .*: bad disk"):
            KafkaBroker(data_dir=tmp_path / "kafka").start()


def test_a_node_that_ends_shows_its_errors(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(
        path,
        "java",
        """case "$*" in -version) echo 'version "17"' >&2; exit;; *StorageTool*) exit;; esac
        echo 'INFO fine'; echo 'ERROR no space left'; exit 3""",
    )
    monkeypatch.setattr(apache, "ensure_jars", lambda: tmp_path)
    with pytest.raises(BrokerError, match=r"ended with code 3 at its start\.\n  ERROR no space left\nIts log: "):
        KafkaBroker(data_dir=tmp_path / "kafka").start()


def test_the_node_is_small_on_loopback_and_takes_our_largest_record(tmp_path: Path) -> None:
    broker = KafkaBroker(19092, data_dir=tmp_path)
    lines = broker._write_properties().read_text().splitlines()
    properties = dict(line.split("=", 1) for line in lines)
    assert properties["advertised.listeners"] == "PLAINTEXT://127.0.0.1:19092"
    assert properties["listeners"].startswith("PLAINTEXT://127.0.0.1:19092,CONTROLLER://127.0.0.1:")
    assert properties["log.dirs"] == str(tmp_path / "log")
    assert properties["auto.create.topics.enable"] == "false"
    assert int(properties["message.max.bytes"]) >= MAX_MESSAGE_BYTES
    assert int(properties["replica.fetch.max.bytes"]) >= MAX_MESSAGE_BYTES


def test_data_goes_to_the_users_data_folder(tmp_path: Path) -> None:
    assert KafkaBroker().data_dir == tmp_path / "data" / "news-streams" / "kafka"


def test_what_it_starts_with_is_in_the_package_and_has_one_source() -> None:
    package = importlib.resources.files("streams.kafka.local")
    assert package.joinpath("log4j2.properties").is_file()
    pom = package.joinpath("pom.xml").read_text(encoding="utf-8")
    assert f"<kafka.version>{apache.kafka_version()}</kafka.version>" in pom
    link = ROOT / "deploy" / "kafka" / "pom.xml"
    assert link.is_symlink()
    assert link.read_text(encoding="utf-8") == pom


def test_the_classes_are_written_once_by_a_node_that_ends_in_good_order(tmp_path: Path) -> None:
    program(tmp_path, "java", "exit")
    archive = ClassArchive(str(tmp_path / "java"), tmp_path / "kafka-4")
    for whole in (False, True):
        assert archive.read() == []
        (_, writes) = archive.read_or_write()
        written = Path(writes.removeprefix("-XX:ArchiveClassesAtExit="))
        assert written.parent == tmp_path
        written.write_text("classes")
        archive.settle(whole=whole)
        assert not written.exists()
    assert archive.read() == archive.read_or_write()
    (_, reads) = archive.read()
    assert Path(reads.removeprefix("-XX:SharedArchiveFile=")).read_text() == "classes"
    archive.settle(whole=True)
    assert archive.read(), "a node that wrote none takes nothing away"
