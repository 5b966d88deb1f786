"""The settings of a secured cluster: what fits together, and secrets that are never shown."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from streams.connection import SECRETS, reveal, variable
from streams.settings import Settings, SettingsError, load

SECRET = "Tr0ub4dor"
LOGIN = {"sasl_mechanism": "SCRAM-SHA-512", "sasl_username": "clean", "sasl_password": SECRET}


def refused(**given: object) -> str:
    with pytest.raises(SettingsError) as caught:
        load(**given)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def streams(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "streams", *arguments],
        capture_output=True, text=True, check=False, timeout=60, env={**os.environ, **environment},
    )  # fmt: skip


@pytest.mark.parametrize("debug", [(), ("--debug",)])
def test_a_bad_secret_is_not_printed(debug: tuple[str, ...]) -> None:
    done = streams(*debug, "doctor", STREAMS_API_TOKEN="s3cr3t!")
    assert done.returncode == 1
    assert "STREAMS_API_TOKEN cannot work" in done.stdout
    assert done.stderr == ""
    assert "s3cr3t!" not in done.stdout + done.stderr


def test_a_secret_is_not_printed_when_another_setting_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMS_API_TOKEN", SECRET)
    assert SECRET not in refused(partitions=0)
    assert SECRET not in refused(security_protocol="SASL_SSL", sasl_password=SECRET)


def test_secrets_are_in_no_repr_and_no_dump() -> None:
    settings = load(security_protocol="SASL_SSL", api_token=SECRET * 2, **LOGIN)
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert reveal(settings.sasl_password) == SECRET
    assert reveal(settings.api_token) == SECRET * 2


def test_every_secret_field_is_known_as_one() -> None:
    kept = {name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    assert kept == set(SECRETS)
    assert all(f"{name}_file" in Settings.model_fields for name in kept)
    named = {name for name in Settings.model_fields if name.rsplit("_", 1)[-1] in ("password", "token", "secret")}
    assert named <= kept, "whatever is called one is kept as one"


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_stand_in_a_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    monkeypatch.setenv(f"{variable(name)}_FILE", str(file))
    assert refused() == f"{variable(name)}_FILE={file} cannot work: No such file or directory"
    for content, why in ((b" \n", "the file is empty"), (b"\xff" + SECRET.encode(), "not UTF-8"),
                         (SECRET.encode() * 10_000, "larger than")):  # fmt: skip
        file.write_bytes(content)
        said = refused()
        assert said.startswith(f"{variable(name)}_FILE={file} cannot work")
        assert why in said
        assert SECRET not in said
    file.write_text(f"  {SECRET}\n")
    monkeypatch.setenv("STREAMS_SECURITY_PROTOCOL", "PLAINTEXT")
    assert reveal(getattr(load(), name)) == SECRET
    monkeypatch.setenv(variable(name), SECRET)
    assert refused() == f"{variable(name)} and {variable(name)}_FILE are both set: keep one of them"


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"security_protocol": "TLS"}, "STREAMS_SECURITY_PROTOCOL='TLS'"),
        ({"security_protocol": "SASL_SSL"}, "STREAMS_SASL_MECHANISM is missing"),
        ({"security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM"}, "STREAMS_SASL_MECHANISM='SCRAM'"),
        ({"security_protocol": "SASL_SSL", **LOGIN, "sasl_username": None}, "STREAMS_SASL_USERNAME is missing"),
        (
            {"security_protocol": "SASL_SSL", **LOGIN, "sasl_password": None},
            "STREAMS_SASL_PASSWORD (or STREAMS_SASL_PASSWORD_FILE) is missing",
        ),
        (
            {"security_protocol": "SASL_SSL", "sasl_mechanism": "OAUTHBEARER"},
            "STREAMS_SASL_TOKEN_COMMAND is missing",
        ),
        (LOGIN, "STREAMS_SASL_MECHANISM is set, but STREAMS_SECURITY_PROTOCOL=PLAINTEXT does not log in"),
        ({"ssl_ca": __file__}, "STREAMS_SSL_CA is set, but STREAMS_SECURITY_PROTOCOL=PLAINTEXT does not encrypt"),
        ({"security_protocol": "SSL", "ssl_ca": "/nowhere/ca.pem"}, "STREAMS_SSL_CA=/nowhere/ca.pem"),
        ({"security_protocol": "SSL", "ssl_certificate": __file__}, "STREAMS_SSL_KEY is missing"),
        ({"security_protocol": "SSL", "ssl_key": __file__}, "STREAMS_SSL_CERTIFICATE is missing"),
        ({"security_protocol": "SSL", "ssl_key_password": SECRET}, "STREAMS_SSL_KEY is missing"),
    ],
)
def test_settings_that_do_not_fit_together_are_one_sentence(given: dict[str, object], names: str) -> None:
    said = refused(**given)
    assert said.startswith(names)
    assert SECRET not in said


def test_a_demo_may_say_that_its_own_broker_is_not_secured() -> None:
    assert not load(security_protocol="PLAINTEXT", **LOGIN).logs_in


@pytest.mark.parametrize("address", [f"kafka://me:{SECRET}@host:9092", f"https://me:{SECRET}@host"])
def test_credentials_in_the_brokers_address_are_refused_and_not_shown(address: str) -> None:
    said = refused(broker=address)
    assert said.startswith("STREAMS_BROKER cannot work: a broker's address takes no credentials")
    assert SECRET not in said


def test_no_secret_in_help() -> None:
    done = streams("worker", "--help", STREAMS_API_TOKEN=SECRET * 2, STREAMS_SASL_PASSWORD=SECRET)
    assert done.returncode == 0
    assert SECRET not in done.stdout + done.stderr
