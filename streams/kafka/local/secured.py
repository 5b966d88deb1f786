"""What makes the local Kafka a secured one: an authority and a certificate of its own, logins, and access by ACL.

To try a secured cluster, and to test against one. The authority and the passwords are made with the data and are worth
nothing elsewhere. The node itself talks on a second port of loopback, without any of it.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from streams.kafka.errors import BrokerError
from streams.kafka.local.process import HOST

#: Who may do everything.
ADMIN = "streams"
#: Days that the certificates last.
_DAYS = "365"


@dataclass(frozen=True, slots=True)
class Secured:
    """A secured node's files, in ``folder``, and its users. ``make`` makes both where they are not there yet."""

    folder: Path
    #: Who may log in besides ``ADMIN``, with passwords; what they may do is nothing until an ACL says so.
    users: tuple[tuple[str, str], ...] = ()

    @property
    def ca(self) -> Path:
        """What clients need as ``STREAMS_SSL_CA``."""
        return self.folder / "ca.pem"

    @property
    def password_file(self) -> Path:
        """The password of ``ADMIN``."""
        return self.folder / "password"

    @property
    def password(self) -> str:
        return self.password_file.read_text(encoding="utf-8").strip()

    def make(self) -> None:
        """Raises ``BrokerError``: there is no openssl, or it fails."""
        if (self.folder / "server.pem").exists():
            return
        openssl = shutil.which("openssl")
        if openssl is None:
            raise BrokerError("a secured Kafka needs certificates, and there is no openssl on the PATH to make them.")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.password_file.touch(mode=0o600)
        self.password_file.write_text(secrets.token_urlsafe(18), encoding="utf-8")
        self._openssl(
            openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", _DAYS, "-subj", "/CN=news-streams local",
            "-addext", "keyUsage=critical,keyCertSign", "-keyout", "ca.key", "-out", "ca.pem",
        )  # fmt: skip
        self._openssl(
            openssl, "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", "server.key",
            "-out", "server.csr",
        )  # fmt: skip
        (self.folder / "server.ext").write_text(f"subjectAltName=DNS:localhost,IP:{HOST}\n", encoding="utf-8")
        self._openssl(
            openssl, "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-days", _DAYS, "-extfile", "server.ext", "-out", "server.crt",
        )  # fmt: skip
        whole = (self.folder / "server.key").read_bytes() + (self.folder / "server.crt").read_bytes()
        (self.folder / "server.pem").touch(mode=0o600)
        (self.folder / "server.pem").write_bytes(whole)

    def _openssl(self, openssl: str, *arguments: str) -> None:
        done = subprocess.run(
            [openssl, *arguments], cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False, timeout=60,
        )  # fmt: skip
        if done.returncode != 0:
            raise BrokerError(f"openssl {arguments[0]} failed: {done.stderr.strip()[-300:]}")

    def properties(self, bootstrap: str, internal: str) -> dict[str, str]:
        """What to set beyond an open node's properties: ``bootstrap`` is for clients, ``internal`` for the node."""
        login = "listener.name.secured"
        modules = "org.apache.kafka.common.security"
        plain = " ".join(f'user_{name}="{password}"' for name, password in self._everyone())
        return {
            "listener.security.protocol.map": "SECURED:SASL_SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "INTERNAL",
            "advertised.listeners": f"SECURED://{bootstrap},INTERNAL://{internal}",
            "sasl.enabled.mechanisms": "SCRAM-SHA-256,SCRAM-SHA-512,PLAIN,OAUTHBEARER",
            f"{login}.scram-sha-256.sasl.jaas.config": f"{modules}.scram.ScramLoginModule required;",
            f"{login}.scram-sha-512.sasl.jaas.config": f"{modules}.scram.ScramLoginModule required;",
            f"{login}.plain.sasl.jaas.config": f"{modules}.plain.PlainLoginModule required {plain};",
            # Tokens that nobody has signed: Kafka's own means to try OAUTHBEARER without an identity provider.
            f"{login}.oauthbearer.sasl.jaas.config": (
                f'{modules}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="{ADMIN}";'
            ),
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self.folder / "server.pem"),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            # The node itself has no name, on its own port and as its controller.
            "super.users": f"User:{ADMIN};User:ANONYMOUS",
        }

    def format_arguments(self) -> list[str]:
        """What ``kafka-storage format`` needs to know the users from the first start on."""
        return [
            argument
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
            for name, password in self._everyone()
            for argument in ("--add-scram", f"{mechanism}=[name={name},password={password}]")
        ]

    def _everyone(self) -> tuple[tuple[str, str], ...]:
        return ((ADMIN, self.password), *self.users)
