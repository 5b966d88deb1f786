"""Where a connection may go: names are resolved, every address is checked, and the one that was checked is used.

A check of the name alone would be void, since a name may lead elsewhere at the next look-up, and so would one of the
first address of a redirect: this stands where connections are opened, so that nothing goes around it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpcore

#: Looks up the addresses of a host and port.
Resolve = Callable[[str, int], Awaitable[list[str]]]
#: Addresses of a host that are tried.
_MOST_TRIED = 3
#: NAT64's prefix (RFC 6052): an IPv4 address stands in its last 32 bits.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressError(httpcore.ConnectError):
    """The host leads to an address that may not be asked."""


def is_public(address: str) -> bool:
    """Whether an address is one of the internet's: not of this machine, a private or a shared network, nor multicast;
    of an IPv6 address that carries an IPv4 one (mapped, 6to4, Teredo, NAT64), both.

    >>> [is_public(each) for each in ("93.184.216.34", "10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a9fe:a9fe")]
    [True, False, False, False]
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        carried = [ip.sixtofour, *(ip.teredo or ())]
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)))
        if any(each is not None and not is_public(str(each)) for each in carried):
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


class Resolver:
    """The system's resolver in threads of its own: a name server that hangs keeps nobody else's look-ups waiting for
    want of a thread, as the loop's few would."""

    def __init__(self, threads: int = 32) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="resolve")

    async def __call__(self, host: str, port: int) -> list[str]:
        def look() -> list[str]:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            return list(dict.fromkeys(str(each[4][0]) for each in found))

        return await asyncio.get_running_loop().run_in_executor(self._threads, look)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


class AddressGuard(httpcore.AsyncNetworkBackend):
    """Opens connections for httpcore, to checked addresses only. TLS still checks the certificate by the host's name.

    Args:
        resolve: looks up a host.
        allow_private: whether addresses may be private.
        proxy: host of the proxy, which a person has named and which may therefore be anywhere.
        setting: what allows private ones, for the message.
    """

    def __init__(
        self,
        resolve: Resolve,
        *,
        allow_private: bool = False,
        proxy: str | None = None,
        setting: str = "STREAMS_FOLLOW_PRIVATE",
    ) -> None:
        self._setting = setting
        self._resolve = resolve
        self._allow_private = allow_private
        self._proxy = proxy
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        began = time.monotonic()
        addresses = await self._look_up(host, port)
        if host != self._proxy:
            self._check(host, addresses)
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses[:_MOST_TRIED]:
            left = None if timeout is None else max(0.1, timeout - (time.monotonic() - began))
            try:
                return await self._backend.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's signature
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise AddressError("no page is behind a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)

    async def check_for_proxy(self, host: str, port: int) -> None:
        """Raises ``AddressError`` where a host that a proxy will be asked for is private, as far as we can tell: the
        proxy looks it up itself, maybe where we cannot."""
        if self._proxy is None:
            return
        try:
            addresses = await self._look_up(host, port)
        except httpcore.ConnectError:
            return
        self._check(host, addresses)

    async def _look_up(self, host: str, port: int) -> list[str]:
        try:
            return await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} cannot be looked up: {error}") from None

    def _check(self, host: str, addresses: list[str]) -> None:
        # All of them: a name with one public and one private address is made to get past a check of the first.
        refused = [] if self._allow_private else [each for each in addresses if not is_public(each)]
        if refused:
            raise AddressError(f"{host} leads to {refused[0]}, which is not public ({self._setting} allows it)")
