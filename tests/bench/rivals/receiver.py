"""A plain consumer that notes when each message reached it, and has no effect.

`python -m tests.bench.rivals.receiver BOOTSTRAP TOPIC FILE` appends a line a message to the file:
its key, and the time of this machine's clock in seconds.
"""

import asyncio
import signal
import sys
import time
from pathlib import Path

import uvloop
from aiokafka import AIOKafkaConsumer


async def main(bootstrap: str, topic: str, path: Path) -> None:
    """Read every partition from its beginning, until told to stop."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    with path.open("w", buffering=1) as file:
        while not ended.is_set():
            polled = await consumer.getmany(timeout_ms=500)
            now = time.time()
            keys = [record.key.decode() for records in polled.values() for record in records]
            file.write("".join(f"{key} {now!r}\n" for key in keys))
            file.flush()
    await consumer.stop()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
