"""What the message process of every service has in common: relay, consumer, loops, commands.

`run` is the process; `replay` and `republish` are what an operator does by hand.
"""

import argparse
import asyncio
import gc
import getpass
import logging
import signal
from collections.abc import Sequence
from datetime import datetime

import uvloop

from shared import inbox as _inbox
from shared import metrics, outbox
from shared.bus import Consumer, Producer
from shared.db import Database
from shared.inbox import Handlers, Inbox
from shared.lag import Lag
from shared.loops import Loop, Loops
from shared.measuring import Measuring, Question
from shared.privacy import Keyring
from shared.relay import Relay, resend
from shared.settings import ServiceSettings
from shared.telemetry import start_telemetry
from shared.watchdog import watch_event_loop
from shared.writes import sweep_keys

log = logging.getLogger(__name__)


class Messenger:
    """The message process of one service, put together from its handlers and loops."""

    def __init__(
        self,
        service: str,
        settings: ServiceSettings,
        handlers: Handlers,
        *,
        loops: Sequence[Loop] = (),
        questions: Sequence[Question] = (),
    ) -> None:
        self._questions = questions
        self._service = service
        self._settings = settings
        self._handlers = handlers
        self._source = f"urn:sinergi:{service.replace('_', '-')}"
        self.database = Database(
            settings.database_url, application=f"{service}-messenger", pool_size=6
        )
        self.relay = Relay(
            self.database,
            bootstrap=settings.kafka_bootstrap,
            source=self._source,
            prefix=settings.topic_prefix,
        )
        self.loops = Loops(
            self.database,
            [
                *loops,
                Loop("sweep outbox", 600, outbox.sweep),
                Loop("sweep idempotency keys", 600, sweep_keys),
            ],
            after_commit=self.wake,
        )
        self.inbox = Inbox(
            self.database,
            handlers,
            keyring=Keyring.load(settings.keys_file, service),
            prefix=settings.topic_prefix,
            after_commit=self.wake,
        )

    def wake(self) -> None:
        """Something was committed: look at the outbox and at the loops that wait for it."""
        self.relay.wake()
        self.loops.wake()

    async def run(self) -> None:
        """Relay, consumer and loops, until the process is told to stop or one of them gives up."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.relay.run(), name="relay")
            group.create_task(self.loops.run(), name="loops")
            if self._handlers.all_topics:
                consumer = Consumer(
                    self._settings.kafka_bootstrap,
                    group=self._service,
                    instance=self._settings.messenger_instance,
                    topics=self._handlers.all_topics,
                    prefix=self._settings.topic_prefix,
                    apply=self.inbox.apply,
                )
                group.create_task(consumer.run(), name="consumer")
            if metrics.is_on():
                group.create_task(self._measure(), name="measuring")

    async def _measure(self) -> None:
        lag = Lag(
            self._settings.kafka_bootstrap,
            group=self._service,
            topics=self._handlers.all_topics,
            prefix=self._settings.topic_prefix,
        )
        measuring = Measuring(
            self.database,
            self._questions,
            every_seconds=self._settings.metrics_interval_seconds,
            probes=[lag.probe] if self._handlers.all_topics else [],
        )
        try:
            await measuring.run()
        finally:
            await lag.close()

    async def replay(self, arguments: argparse.Namespace) -> None:
        lines = await _inbox.replay(
            self.inbox,
            by=arguments.by,
            topic=arguments.topic,
            key=arguments.key,
            accept_gap=arguments.accept_gap,
            dry_run=arguments.dry_run,
        )
        print("\n".join(lines) or "Nothing is parked.")  # noqa: T201 - a command's answer.

    async def republish(self, since: datetime) -> None:
        connection = await self.database.connect()
        async with Producer(
            self._settings.kafka_bootstrap, prefix=self._settings.topic_prefix
        ) as producer:
            sent = await resend(connection, producer, source=self._source, since=since)
        await connection.close()
        print(f"{sent} events sent again.")  # noqa: T201 - a command's answer.


def main(
    service: str,
    settings: ServiceSettings,
    handlers: Handlers,
    *,
    loops: Sequence[Loop] = (),
    questions: Sequence[Question] = (),
) -> None:
    """The command line of a service's messenger."""
    parser = argparse.ArgumentParser(prog=f"python -m {service}.messenger")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("run", help="relay, consume and run the loops (the default)")
    replay = commands.add_parser("replay", help="hand parked messages back in order")
    replay.add_argument("--topic")
    replay.add_argument("--key")
    replay.add_argument("--by", default=getpass.getuser())
    replay.add_argument("--accept-gap", action="store_true", help="pass what is missing, audited")
    replay.add_argument("--dry-run", action="store_true")
    republish = commands.add_parser("republish", help="send the outbox again from an instant on")
    republish.add_argument("--since", type=datetime.fromisoformat, required=True)
    arguments = parser.parse_args()
    start_telemetry(service, _process_of(arguments, settings), settings)
    messenger = Messenger(service, settings, handlers, loops=loops, questions=questions)
    uvloop.run(_command(messenger, arguments))


def _process_of(arguments: argparse.Namespace, settings: ServiceSettings) -> str:
    """What the process is called where it tells of itself."""
    if arguments.command in {"replay", "republish"}:
        return str(arguments.command)
    return f"messenger-{settings.messenger_instance}"


async def _command(messenger: Messenger, arguments: argparse.Namespace) -> None:
    if arguments.command == "replay":
        await messenger.replay(arguments)
    elif arguments.command == "republish":
        await messenger.republish(arguments.since)
    else:
        await _run_until_told(messenger)


async def _run_until_told(messenger: Messenger) -> None:
    # As in the HTTP processes: what is loaded by now stays for good.
    gc.freeze()
    watch_event_loop(asyncio.get_running_loop())
    running = asyncio.create_task(messenger.run())
    for told in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(told, running.cancel)
    log.info("messenger started")
    try:
        await running
    except asyncio.CancelledError:
        log.info("messenger stopped")
    finally:
        await messenger.database.close()
