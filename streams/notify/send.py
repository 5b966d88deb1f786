"""One message to one place, within its time: by the web, to public addresses only, or by mail."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import smtplib
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from email.utils import formatdate
from typing import Protocol

import certifi
import httpcore
import httpx

from streams import __version__
from streams.connection import reveal
from streams.follow.addresses import AddressError, AddressGuard, Resolve
from streams.follow.pace import retry_after
from streams.notify.sinks import Sink
from streams.notify.wording import Notice, body, html, plain
from streams.settings import Settings

#: Bytes of an answer that are looked at: nothing in it is used.
_MOST_ANSWER = 65_536
#: Answers after which trying again may help (RFC 9110, 6585): timeouts, conflicts, too many requests.
_LATER = {408, 409, 425, 429}
#: Mail that is on its way at once.
_MAILERS = 4


class SendError(Exception):
    """It did not arrive, or nobody said so. ``final``: it never will; ``after``: seconds that the server asks for."""

    def __init__(self, message: str, *, final: bool = False, after: float = 0.0) -> None:
        super().__init__(message)
        self.final, self.after = final, after


class Send(Protocol):
    """Delivers a notice. Raises ``SendError``."""

    async def __call__(self, sink: Sink, notice: Notice) -> None: ...


class Sender:
    """Sends notices. Close it with ``aclose``.

    Args:
        resolve: looks up hosts, as ``follow.addresses.Resolver`` does.
        clock: seconds since the epoch, for signatures and dates.
    """

    def __init__(self, settings: Settings, resolve: Resolve, clock: Callable[[], float]) -> None:
        self._settings, self._clock = settings, clock
        guard = AddressGuard(resolve, allow_private=settings.notify_private, setting="STREAMS_NOTIFY_PRIVATE")
        context = ssl.create_default_context(cafile=certifi.where())
        self._web = httpcore.AsyncConnectionPool(
            context, max_connections=16, max_keepalive_connections=0, network_backend=guard
        )
        self._mailers = ThreadPoolExecutor(_MAILERS, thread_name_prefix="mail")

    async def aclose(self) -> None:
        await self._web.aclose()
        self._mailers.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, sink: Sink, notice: Notice) -> None:
        """Deliver a notice; returns once the other side has taken it.

        Raises:
            SendError: it has not, or took too long.
        """
        try:
            async with asyncio.timeout(self._settings.notify_timeout):
                await (self._mail(sink, notice) if sink.kind == "mail" else self._post(sink, notice))
        except TimeoutError:
            raise SendError(f"took longer than {self._settings.notify_timeout:g} s") from None

    async def _post(self, sink: Sink, notice: Notice) -> None:
        content = body(sink.kind, notice)
        headers = [
            ("User-Agent", f"news-streams/{__version__}"),
            ("Content-Type", "application/json"),
            ("Idempotency-Key", notice.id),
            *(self._signed(notice.id, content) if sink.kind == "webhook" else ()),
        ]
        try:
            url = httpx.URL(sink.address)
            target = httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path or b"/"
            )  # fmt: skip
            headers.insert(0, ("Host", url.netloc.decode("ascii")))
            async with self._web.stream("POST", target, headers=headers, content=content) as answer:
                status, size = answer.status, 0
                async for part in answer.aiter_stream():
                    size += len(part)
                    if size > _MOST_ANSWER:
                        break
        except AddressError as error:
            raise SendError(str(error), final=True) from None
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
            raise SendError(f"{type(error).__name__}: {error}"[:300]) from None
        except (httpx.InvalidURL, httpcore.UnsupportedProtocol, UnicodeError) as error:
            raise SendError(f"no address to send to: {error}"[:300], final=True) from None
        if not 200 <= status < 300:
            # A redirect is not followed: whoever moved a hook says so to a person.
            final = status < 500 and status not in _LATER
            raise SendError(f"answered {status}", final=final, after=self._hold(answer.headers))

    def _hold(self, headers: list[tuple[bytes, bytes]]) -> float:
        """Seconds that ``Retry-After`` asks for."""
        value = next((value for name, value in headers if name.lower() == b"retry-after"), b"")
        return retry_after(value.decode("ascii", "replace"), self._clock()) or 0.0

    def _signed(self, id_: str, content: bytes) -> list[tuple[str, str]]:
        """The headers of Standard Webhooks (standardwebhooks.com), whose libraries check them."""
        stamp = str(int(self._clock()))
        made = [("webhook-id", id_), ("webhook-timestamp", stamp)]
        key = reveal(self._settings.notify_secret)
        return [*made, ("webhook-signature", signature(key, id_, stamp, content))] if key is not None else made

    async def _mail(self, sink: Sink, notice: Notice) -> None:
        if not self._settings.smtp_host:
            raise SendError("there is no mail server: set STREAMS_SMTP_HOST", final=True)
        message = self._message(sink, notice)
        try:
            await asyncio.get_running_loop().run_in_executor(self._mailers, self._hand_over, message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise SendError(f"the recipient was refused: {codes}", final=all(code >= 500 for code in codes)) from None
        except smtplib.SMTPResponseException as error:
            raise SendError(f"the mail server said {error.smtp_code} {error.smtp_error!r}"[:300]) from None
        except (smtplib.SMTPException, OSError) as error:
            raise SendError(f"{type(error).__name__}: {error}"[:300]) from None

    def _message(self, sink: Sink, notice: Notice) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"] = self._settings.smtp_from, sink.address
        message["Subject"] = notice.subject
        message["Date"] = formatdate(self._clock())
        # The same at every try, so that mail systems drop what they have.
        message["Message-ID"] = f"<{notice.id}@{self._settings.smtp_from.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(plain(notice))
        message.add_alternative(html(notice), subtype="html")
        return message

    def _hand_over(self, message: EmailMessage) -> None:
        settings = self._settings
        context = ssl.create_default_context()
        if settings.smtp_security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.smtp_host, settings.smtp_port, timeout=settings.notify_timeout, context=context
            )
        else:
            server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=settings.notify_timeout)
        with server:
            if settings.smtp_security == "starttls":
                server.starttls(context=context)
            if settings.smtp_user:
                server.login(settings.smtp_user, reveal(settings.smtp_password) or "")
            server.send_message(message)


def signature(key: str, id_: str, stamp: str, content: bytes) -> str:
    """``v1,`` and the base64 of the HMAC-SHA256 over ``id.timestamp.body``.

    >>> signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
    ...           b'{"test": 2432232314}')
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    secret = key.encode()
    if key.startswith("whsec_"):
        try:
            secret = base64.b64decode(key.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            secret = key.encode()
    made = hmac.new(secret, f"{id_}.{stamp}.".encode() + content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(made).decode()
