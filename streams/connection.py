"""The settings of a secured cluster: encryption, login, and secrets that are never shown. Part of ``Settings``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

#: Bytes that a file with a secret may have. A token or a password is far smaller; a wrong path may be anything.
_MOST_BYTES = 65_536

#: The secrets. Each can stand in a file instead (``STREAMS_…_FILE``), as Docker and Kubernetes hand them over.
SECRETS = (
    "api_token",
    "editors",
    "sasl_password",
    "ssl_key_password",
    "follow_proxy_password",
    "notify_secret",
    "smtp_password",
)

_LOGIN = ("sasl_mechanism", "sasl_username", "sasl_password", "sasl_token_command")
_TLS = ("ssl_ca", "ssl_certificate", "ssl_key", "ssl_key_password")


class Connection(BaseSettings):
    """How to reach a secured cluster, the dashboard's token and the login at a proxy: what has secrets in it."""

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)

    security_protocol: Annotated[
        Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"],
        Field(description="How to speak to Kafka: `SSL` is encrypted, `SASL_…` logs in ([how](../how-to/secure.md))."),
    ] = "PLAINTEXT"
    sasl_mechanism: Annotated[
        Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] | None,
        Field(description="How to log in: `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512` or `OAUTHBEARER`."),
    ] = None
    sasl_username: Annotated[str | None, Field(min_length=1, description="Who logs in.")] = None
    sasl_password: Annotated[
        SecretStr | None, Field(min_length=1, description="Its password, for `PLAIN` and `SCRAM-…`.")
    ] = None
    sasl_password_file: Annotated[Path | None, Field(description="A file with the password.")] = None
    sasl_token_command: Annotated[
        str | None,
        Field(
            min_length=1,
            description="For `OAUTHBEARER`: a command, run without a shell, that prints a token within 10 s.",
        ),
    ] = None
    ssl_ca: Annotated[
        Path | None, Field(description="PEM file of the authorities that sign the brokers; default: the system's.")
    ] = None
    ssl_certificate: Annotated[
        Path | None, Field(description="PEM file of the client's certificate, where the cluster asks for one.")
    ] = None
    ssl_key: Annotated[Path | None, Field(description="PEM file of that certificate's key.")] = None
    ssl_key_password: Annotated[
        SecretStr | None, Field(min_length=1, description="The key's password, where it is encrypted.")
    ] = None
    ssl_key_password_file: Annotated[Path | None, Field(description="A file with the key's password.")] = None
    ssl_check_hostname: Annotated[
        bool, Field(description="Whether a broker's certificate must name the host that was asked for.")
    ] = True
    api_token: Annotated[
        SecretStr | None,
        Field(min_length=8, description="Bearer token that the dashboard's `/api/v1` asks for; default: none."),
    ] = None
    api_token_file: Annotated[Path | None, Field(description="A file with that token.")] = None
    editors: Annotated[
        SecretStr | None,
        Field(
            min_length=1,
            description="Who may mend in the dashboard, a line of `streams mend editor` each; default: nobody "
            "([how](../how-to/mend.md#in-the-browser)).",
        ),
    ] = None
    editors_file: Annotated[Path | None, Field(description="A file with those lines.")] = None
    follow_proxy_user: Annotated[
        str | None, Field(min_length=1, description="Who logs in at the proxy of `streams follow`, if it asks.")
    ] = None
    follow_proxy_password: Annotated[SecretStr | None, Field(min_length=1, description="The password there.")] = None
    follow_proxy_password_file: Annotated[Path | None, Field(description="A file with that password.")] = None

    @property
    def secret_values(self) -> tuple[str, ...]:
        """What must be shown nowhere."""
        given = (getattr(self, name) for name in SECRETS)
        return tuple(each.get_secret_value() for each in given if each is not None)

    @property
    def encrypted(self) -> bool:
        return self.security_protocol in ("SSL", "SASL_SSL")

    @property
    def logs_in(self) -> bool:
        return self.security_protocol in ("SASL_PLAINTEXT", "SASL_SSL")

    @model_validator(mode="before")
    @classmethod
    def _secrets_from_files(cls, values: dict[str, Any]) -> dict[str, Any]:
        values = dict(values)
        for name in SECRETS:
            file = values.get(f"{name}_file")
            if file is None:
                continue
            if values.get(name) is not None:
                raise ValueError(f"{variable(name)} and {variable(name)}_FILE are both set: keep one of them")
            values[name] = _read_secret(variable(name) + "_FILE", Path(file))
        return values

    @model_validator(mode="after")
    def _security_fits_together(self) -> Self:
        if self.security_protocol == "PLAINTEXT" and "security_protocol" in self.model_fields_set:
            return self
        if not self.logs_in:
            self._refuse(_LOGIN, "does not log in. Set STREAMS_SECURITY_PROTOCOL=SASL_SSL")
        if not self.encrypted:
            self._refuse(_TLS, "does not encrypt. Set STREAMS_SECURITY_PROTOCOL to SSL or SASL_SSL")
        if self.logs_in:
            self._check_login()
        if self.encrypted:
            self._check_files()
        return self

    def _refuse(self, names: tuple[str, ...], why: str) -> None:
        for name in names:
            if getattr(self, name) is not None:
                raise ValueError(
                    f"{variable(name)} is set, but STREAMS_SECURITY_PROTOCOL={self.security_protocol} {why}"
                )

    def _check_login(self) -> None:
        protocol = f"STREAMS_SECURITY_PROTOCOL={self.security_protocol}"
        if self.sasl_mechanism is None:
            raise ValueError(
                f"STREAMS_SASL_MECHANISM is missing: {protocol} logs in by PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 "
                "or OAUTHBEARER"
            )
        needs: tuple[str, ...] = ("sasl_username", "sasl_password")
        if self.sasl_mechanism == "OAUTHBEARER":
            needs = ("sasl_token_command",)
        for name in needs:
            if getattr(self, name) is None:
                file = f" (or {variable(name)}_FILE)" if name in SECRETS else ""
                raise ValueError(
                    f"{variable(name)}{file} is missing: STREAMS_SASL_MECHANISM={self.sasl_mechanism} needs it"
                )

    def _check_files(self) -> None:
        for name in ("ssl_ca", "ssl_certificate", "ssl_key"):
            path: Path | None = getattr(self, name)
            if path is not None and not path.is_file():
                raise ValueError(f"{variable(name)}={path} cannot work: there is no such file")
        pairs = (("ssl_certificate", "ssl_key"), ("ssl_key", "ssl_certificate"), ("ssl_key_password", "ssl_key"))
        for has, needs in pairs:
            if getattr(self, has) is not None and getattr(self, needs) is None:
                raise ValueError(f"{variable(needs)} is missing: {variable(has)} is of no use without it")


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"STREAMS_{name.upper()}"


def reveal(secret: SecretStr | None) -> str | None:
    """What the secret is, for the library that needs it. Never to be shown."""
    return None if secret is None else secret.get_secret_value()


def _read_secret(name: str, path: Path) -> str:
    """The file's text without the space around it; errors name the variable and the file, never what is in it."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{name}={path} cannot work: {error.strerror}") from None
    if len(content) > _MOST_BYTES:
        raise ValueError(f"{name}={path} cannot work: the file is larger than {_MOST_BYTES} bytes")
    try:
        text = content.decode().strip()
    except UnicodeDecodeError:
        raise ValueError(f"{name}={path} cannot work: the file is not UTF-8 text") from None
    if not text:
        raise ValueError(f"{name}={path} cannot work: the file is empty")
    return text
