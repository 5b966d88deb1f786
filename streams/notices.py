"""The settings of what goes out to people: web hooks, chats and mail. Part of ``Settings``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from streams.connection import Connection


class Notices(Connection):
    """How alerts are sent (`streams notify`)."""

    public_url: Annotated[
        str,
        Field(
            pattern=r"^(https?://[!-~]{1,300})?$",
            description="The dashboard's address as readers have it: alerts link to it; empty: they link to articles.",
        ),
    ] = ""
    notify_private: Annotated[
        bool, Field(description="Whether web hooks and chats may be at private addresses: this machine's networks.")
    ] = False
    notify_timeout: Annotated[
        float, Field(gt=0, le=300, description="Seconds that one message may take to be delivered.")
    ] = 20.0
    notify_tries: Annotated[
        int,
        Field(ge=1, le=100, description="Tries, the pause doubled from 1 min to 1 h, after which it is a dead letter."),
    ] = 12
    notify_secret: Annotated[
        SecretStr | None,
        Field(
            min_length=8, description="Signs web hooks as Standard Webhooks has it: `whsec_` and base64, or any text."
        ),
    ] = None
    notify_secret_file: Annotated[Path | None, Field(description="A file with that key.")] = None
    smtp_host: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9._:-]{0,253}$", description="The mail server; empty: none.")
    ] = ""
    smtp_port: Annotated[int, Field(ge=1, le=65535, description="Its port.")] = 587
    smtp_security: Annotated[
        Literal["starttls", "tls", "none"],
        Field(description="How mail is encrypted on its way there: `none` only where nobody listens."),
    ] = "starttls"
    smtp_user: Annotated[str | None, Field(min_length=1, description="Who logs in there, if it asks.")] = None
    smtp_password: Annotated[SecretStr | None, Field(min_length=1, description="The password there.")] = None
    smtp_password_file: Annotated[Path | None, Field(description="A file with that password.")] = None
    smtp_from: Annotated[
        str, Field(pattern=r"^([!-~]+@[!-~]+)?$", max_length=254, description="The sender's address.")
    ] = ""

    @model_validator(mode="after")
    def _mail_fits_together(self) -> Self:
        if self.smtp_host and not self.smtp_from:
            raise ValueError("STREAMS_SMTP_FROM is missing: STREAMS_SMTP_HOST sends from it")
        if self.smtp_user and self.smtp_security == "none":
            raise ValueError("STREAMS_SMTP_USER would be sent in the clear: set STREAMS_SMTP_SECURITY")
        return self
