"""Settings, read from ``STREAMS_*`` in the environment and nowhere else. Defaults work on a laptop."""

from __future__ import annotations

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from streams import __version__
from streams.connection import SECRETS, variable
from streams.logs import LogFormat
from streams.notices import Notices


class SettingsError(ValueError):
    """A setting has a value that cannot work. The message names the variable, the value (of a secret: not) and what
    would do."""


class Settings(Notices):
    """All settings of every part. Build one with ``load``; pass it on; nobody else reads the environment."""

    model_config = SettingsConfigDict(env_prefix="STREAMS_", frozen=True, extra="ignore")

    broker: Annotated[str, Field(description="Kafka bootstrap servers, `kafka://host:port[,host:port…]`.")] = (
        "kafka://127.0.0.1:9092"
    )
    topic_prefix: Annotated[
        str,
        Field(pattern="^[A-Za-z0-9._-]{1,100}$", description="Put before every topic's and consumer group's name."),
    ] = "news"
    partitions: Annotated[
        int, Field(ge=1, le=1000, description="Partitions of each topic that `topics apply` makes.")
    ] = 4
    replication: Annotated[int, Field(ge=1, le=7, description="Replication factor of each topic.")] = 1
    data_dir: Annotated[
        Path, Field(description="Where Faust and the dashboard keep local files. Safe to delete while none runs.")
    ] = Path("var/streams")
    models_dir: Annotated[
        Path | None, Field(description="Where model weights are; default: the user's data folder.")
    ] = None
    ner_backend: Annotated[str, Field(description="Named-entity backend, as `streams.stages.tag.ner` has it.")] = "auto"
    pool_workers: Annotated[
        int,
        Field(ge=0, le=256, description="NLP processes a stage; 0: half as many as cores, two where there are two."),
    ] = 0
    story_grain: Annotated[
        Literal["event", "balanced", "topic"],
        Field(description="How much stories take in: `event` parts sooner, `topic` joins sooner."),
    ] = "balanced"
    batch_size: Annotated[int, Field(ge=1, le=1000, description="Most records a stage takes at once.")] = 32
    batch_within: Annotated[float, Field(gt=0, le=60, description="Seconds to wait for a full batch.")] = 0.05
    max_article_bytes: Annotated[int, Field(ge=1000, description="Larger articles are rejected as `too_large`.")] = (
        10_000_000
    )
    article_timeout: Annotated[
        float, Field(gt=0, le=3600, description="Seconds that one article may take in a stage's pool.")
    ] = 20.0
    pool_memory: Annotated[
        int,
        Field(ge=0, description="MiB of data a pool process may hold; more is its article's dead letter; 0: no limit."),
    ] = 3072
    compression: Annotated[
        Literal["none", "gzip", "snappy", "lz4", "zstd"],
        Field(description="How what is written to Kafka is compressed. Who reads it must know the codec."),
    ] = "none"
    session_timeout: Annotated[float, Field(ge=1, description="Kafka consumer session timeout, seconds.")] = 30.0
    wait_for_broker: Annotated[
        float, Field(ge=0, description="Seconds to keep trying, with backoff, when no broker answers at start.")
    ] = 0.0
    stalled_after: Annotated[
        float,
        Field(gt=0, description="Seconds without a commit, while there is lag, after which a stage is not ready."),
    ] = 6.0
    watchdog_limit: Annotated[
        float, Field(gt=0, description="Seconds without a commit, while there is lag, after which a stage ends itself.")
    ] = 300.0
    max_failures: Annotated[
        int,
        Field(ge=1, description="Consecutive failed records that stop a worker: a broken deployment, not bad data."),
    ] = 50
    http_host: Annotated[str, Field(description="Where a worker serves `/metrics`, `/live` and `/ready`.")] = (
        "127.0.0.1"
    )
    http_port: Annotated[
        int,
        Field(ge=0, le=65533, description="Port of the first stage's HTTP server, the next stages follow; 0: none."),
    ] = 0
    dashboard_hosts: Annotated[
        str,
        Field(
            description="Host names that the dashboard answers to, by commas, besides `localhost`, this machine's name "
            "and addresses; `*`: any."
        ),
    ] = ""
    dashboard_keep: Annotated[
        bool,
        Field(
            description="Whether the dashboard keeps its index under `STREAMS_DATA_DIR`: the next start reads only "
            "what came since."
        ),
    ] = True
    dashboard_streams: Annotated[
        int,
        Field(ge=1, le=500, description="Event streams that one address may hold open."),
    ] = 32
    dashboard_proxies: Annotated[
        str,
        Field(
            description="Addresses or networks of proxies before the dashboard, by commas: only their "
            "`X-Forwarded-For` and `X-Forwarded-Proto` are believed."
        ),
    ] = ""
    follow_agent: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z][A-Za-z_-]*/[!-~]+( [ -~]+)?$",
            max_length=300,
            description="User-Agent of `streams follow`; robots.txt is read for the name before its slash. "
            "Say there how to reach you.",
        ),
    ] = f"news-streams/{__version__}"
    follow_delay: Annotated[
        float,
        Field(ge=0, le=600, description="Seconds between two requests to a host; a longer crawl delay goes before."),
    ] = 1.0
    follow_timeout: Annotated[
        float, Field(gt=0, le=600, description="Seconds that a response may take, from connecting to its last byte.")
    ] = 30.0
    follow_connections: Annotated[
        int, Field(ge=1, le=1000, description="Requests that a follower has under way, of all hosts together.")
    ] = 64
    follow_soonest: Annotated[
        float,
        Field(ge=10, le=86400, description="Seconds after which a source is asked again at the soonest, however busy."),
    ] = 120.0
    follow_latest: Annotated[
        float,
        Field(ge=10, le=604800, description="Seconds after which it is asked again at the latest, however quiet."),
    ] = 21600.0
    follow_retract: Annotated[
        bool,
        Field(
            description="Whether articles that are gone for good (410 twice, 404 three times, an hour apart) are taken "
            "back."
        ),
    ] = True
    follow_proxy: Annotated[
        str,
        Field(
            pattern=r"^(https?://[A-Za-z0-9._:\[\]-]+/?)?$",
            description="Proxy through which `streams follow` asks, `http://host:port`; empty: none.",
        ),
    ] = ""
    follow_private: Annotated[
        bool,
        Field(description="Whether `streams follow` may ask private addresses: this machine and its networks."),
    ] = False
    traces: Annotated[
        str,
        Field(
            pattern="^(file:.+|https?://.+)?$",
            description="Where spans go: an OTLP/HTTP address (`http://collector:4318/v1/traces`), or `file:PATH` for "
            "JSON lines; empty: there are none. Wants the extra `tracing`.",
        ),
    ] = ""
    log_level: Annotated[str, Field(pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Log level.")] = "INFO"
    log_format: Annotated[
        LogFormat, Field(description="Log lines for a person (`console`) or a program (`json`, one object a line).")
    ] = "console"

    @field_validator("broker")
    @classmethod
    def _broker_is_kafka(cls, value: str) -> str:
        if "@" in value:
            raise ValueError(
                "a broker's address takes no credentials: set STREAMS_SASL_USERNAME and STREAMS_SASL_PASSWORD"
            )
        servers = value.removeprefix("kafka://").split(",")
        for server in servers:
            host, colon, port = server.strip().rpartition(":")
            if not (value.startswith("kafka://") and host and colon and port.isdigit() and 0 < int(port) < 65536):
                raise ValueError("expected kafka://host:port[,host:port…]")
        return value

    @field_validator("dashboard_proxies")
    @classmethod
    def _proxies_are_addresses(cls, value: str) -> str:
        for part in filter(None, (each.strip() for each in value.split(","))):
            try:
                ip_network(part)
            except ValueError:
                raise ValueError("expected addresses or networks by commas: 10.0.0.7,192.168.4.0/24") from None
        return value

    @model_validator(mode="after")
    def _limits_fit_each_other(self) -> Self:
        if self.stalled_after >= self.watchdog_limit:
            raise ValueError(
                f"STREAMS_STALLED_AFTER={self.stalled_after:g} must be below "
                f"STREAMS_WATCHDOG_LIMIT={self.watchdog_limit:g}: a stage is called stalled before it is ended"
            )
        # A pool tries a small batch and then its items, each for as long as one article may take, and says nothing
        # meanwhile; starting its process anew takes time as well.
        if self.watchdog_limit < 3 * self.article_timeout:
            raise ValueError(
                f"STREAMS_WATCHDOG_LIMIT={self.watchdog_limit:g} must be at least three times "
                f"STREAMS_ARTICLE_TIMEOUT={self.article_timeout:g}: the watchdog would end a stage that is working"
            )
        if self.watchdog_limit < 2 * self.session_timeout:
            raise ValueError(
                f"STREAMS_WATCHDOG_LIMIT={self.watchdog_limit:g} must be at least twice "
                f"STREAMS_SESSION_TIMEOUT={self.session_timeout:g}: a group takes that long to form"
            )
        if 0 < self.pool_memory < 512:
            raise ValueError(
                f"STREAMS_POOL_MEMORY={self.pool_memory} must be 0 or at least 512: the models alone need that much"
            )
        if self.follow_soonest > self.follow_latest:
            raise ValueError(
                f"STREAMS_FOLLOW_SOONEST={self.follow_soonest:g} must not be above "
                f"STREAMS_FOLLOW_LATEST={self.follow_latest:g}"
            )
        return self

    @property
    def trusted_proxies(self) -> list[str]:
        """Each of ``dashboard_proxies``."""
        return [each for each in (part.strip() for part in self.dashboard_proxies.split(",")) if each]

    @property
    def longest_batch(self) -> float:
        """Seconds that a whole batch may take when every article of it uses up its time, and some for restarts."""
        return (self.batch_size + 1) * (self.article_timeout + 10.0)

    @property
    def stop_grace(self) -> float:
        """Seconds that a stage gets to stop: the article in hand, and publishing what it gave."""
        return max(30.0, self.article_timeout + 10.0)

    @property
    def pool_memory_bytes(self) -> int | None:
        return self.pool_memory * 1024 * 1024 or None

    @property
    def pool_size(self) -> int:
        """Processes of a stage's pool: ``pool_workers``; where that is 0, what two stages with a pool and one without
        can share: half of the cores that this process may use, but two where there are as many, so that a stage that
        alone is behind has them both."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return self.pool_workers or max(min(2, cores), cores // 2)

    @property
    def bootstrap_servers(self) -> list[str]:
        """``host:port`` of each bootstrap server."""
        return [server.strip() for server in self.broker.removeprefix("kafka://").split(",")]


def user_models_dir() -> Path:
    """Where model weights are unless `models_dir` says otherwise: the user's data folder (XDG base directories)."""
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "news-streams" / "models"


def load(**overrides: object) -> Settings:
    """The settings of this process: defaults, then the environment, then ``overrides``.

    Raises:
        SettingsError: a value is out of range or of the wrong form; the message names its variable.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks the values
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if not first["loc"]:
            # Settings that do not fit each other; the message names them.
            raise SettingsError(first["msg"].removeprefix("Value error, ")) from None
        name = "_".join(str(part) for part in first["loc"])
        # A secret's value is never shown, nor is an address with a password in it.
        hidden = name in SECRETS or "@" in str(first["input"])
        shown = variable(name) if hidden else f"{variable(name)}={first['input']!r}"
        raise SettingsError(f"{shown} cannot work: {first['msg'].removeprefix('Value error, ')}") from None
