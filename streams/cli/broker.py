"""`streams broker`: a local broker for whoever has none."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import click

from streams.cli.console import CommandError, say


@click.command()
@click.option(
    "--engine",
    type=click.Choice(["embedded", "kafka"]),
    default="embedded",
    show_default=True,
    help="embedded: Tansu, in memory, needs nothing. kafka: Apache Kafka, on Java 17 and Maven, keeps its data.",
)
@click.option("--port", type=click.IntRange(1, 65535), default=9092, show_default=True, help="On 127.0.0.1.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where Apache Kafka keeps its data.  [default: news-streams/kafka in the user's data folder]",
)
@click.option("--secure", is_flag=True, help="Apache Kafka with TLS, login and ACLs, to try a secured cluster.")
def broker(engine: str, port: int, data: Path | None, secure: bool) -> None:
    """Run a broker on this machine until Ctrl-C or SIGTERM.

    Prints its `host:port` on stdout once it answers.
    """
    from streams.kafka.local.apache import KafkaBroker, kafka_version
    from streams.kafka.local.embedded import EmbeddedBroker
    from streams.kafka.local.secured import ADMIN

    if engine == "embedded" and data is not None:
        raise click.UsageError("the embedded broker keeps nothing: --data goes with --engine kafka.")
    if engine == "embedded" and secure:
        raise click.UsageError("the embedded broker cannot be secured: --secure goes with --engine kafka.")
    local = KafkaBroker(port, data_dir=data, secure=secure) if engine == "kafka" else EmbeddedBroker(port)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())

    if isinstance(local, KafkaBroker):
        say(f"Starting Apache Kafka {kafka_version()}; data in {local.data_dir}")
    with local:
        say(
            f"{local.name} answers at {local.bootstrap}. Point everything at it: export STREAMS_BROKER=kafka://{local.bootstrap}"
        )
        if isinstance(local, KafkaBroker) and local.secured:
            say(
                "and, since it is secured: export STREAMS_SECURITY_PROTOCOL=SASL_SSL "
                "STREAMS_SASL_MECHANISM=SCRAM-SHA-512 "
                f"STREAMS_SASL_USERNAME={ADMIN} STREAMS_SASL_PASSWORD_FILE={local.secured.password_file} "
                f"STREAMS_SSL_CA={local.secured.ca}"
            )
        click.echo(local.bootstrap)
        while not ended.wait(0.5):
            if not local.running:
                raise CommandError(f"{local.name} at {local.bootstrap} has ended by itself.")
        say("Stopping …")
