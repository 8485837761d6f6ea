"""Makes the topics of deploy/kafka/topics.yaml that the broker lacks; never changes one."""

import asyncio
import hashlib
import logging
from typing import Any

from deploy.local.errors import StackError
from deploy.local.stack import ROOT, Stack

# Where brokers of somebody else's are named, there may be more than one.
_MOST_COPIES = 3

TOPICS_FILE = ROOT / "deploy" / "kafka" / "topics.yaml"


def ensure_topics_if_changed(stack: Stack) -> None:
    """Make missing topics unless this very list was made here before."""
    if not TOPICS_FILE.exists():
        raise StackError(
            "deploy/kafka/topics.yaml is missing, so there are no topics to make",
            "Write it from the message catalogue: make docs",
        )
    digest = hashlib.sha256(TOPICS_FILE.read_bytes()).hexdigest()
    if stack.own_kafka_bootstrap or stack.read_facts().get("topics") != digest:
        ensure_topics(stack)
        stack.remember(topics=digest)


def ensure_topics(stack: Stack, *, prefix: str = "") -> list[str]:
    """Make the topics that are missing, each name behind the prefix; return their names."""
    import yaml  # noqa: PLC0415  # A second start reads no list.

    wanted = yaml.safe_load(TOPICS_FILE.read_text())["topics"]
    return asyncio.run(create_topics(stack, wanted, prefix=prefix))


def delete_topics(stack: Stack) -> None:
    """Delete every topic of ours, with all messages; readers' places go with them."""
    import yaml  # noqa: PLC0415  # As above.

    names = [one["name"] for one in yaml.safe_load(TOPICS_FILE.read_text())["topics"]]
    asyncio.run(_delete(stack, names))


async def _delete(stack: Stack, names: list[str]) -> None:
    from aiokafka.admin import AIOKafkaAdminClient  # noqa: PLC0415  # As above.
    from aiokafka.errors import KafkaError  # noqa: PLC0415

    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka_bootstrap)
    try:
        await admin.start()
        existing = set(await admin.list_topics())
        await admin.delete_topics([name for name in names if name in existing])
        # A deletion is only begun by the answer; a topic made meanwhile would be refused.
        while set(names) & set(await admin.list_topics()):  # noqa: ASYNC110  # Kafka does not call.
            await asyncio.sleep(0.2)
    except (KafkaError, OSError) as error:
        raise StackError(
            f"Kafka at {stack.kafka_bootstrap} did not delete the topics: {error!r}",
            "See that it runs and lets us, then do the restore again",
        ) from None
    finally:
        await admin.close()


async def create_topics(
    stack: Stack, wanted: list[dict[str, Any]], *, prefix: str = ""
) -> list[str]:
    """The same for a given list of {name, partitions, config}, from a running event loop."""
    from aiokafka.admin import AIOKafkaAdminClient, NewTopic  # noqa: PLC0415  # As above.
    from aiokafka.errors import KafkaError  # noqa: PLC0415

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka_bootstrap)
    try:
        await admin.start()
        existing = set(await admin.list_topics())
        missing = [one for one in wanted if prefix + one["name"] not in existing]
        if missing:
            brokers = (await admin.describe_cluster())["brokers"]
            copies = min(len(brokers), _MOST_COPIES)
            new = [
                NewTopic(
                    name=prefix + one["name"],
                    num_partitions=one["partitions"],
                    replication_factor=copies,
                    topic_configs=_config(one, copies),
                )
                for one in missing
            ]
            _refuse_failures(await admin.create_topics(new))
    except (KafkaError, OSError) as error:
        raise StackError(
            f"Kafka at {stack.kafka_bootstrap} did not make the topics: {error!r}",
            "See why: make logs SERVICE=kafka",
        ) from None
    finally:
        await admin.close()
    return [prefix + one["name"] for one in missing]


def _config(topic: dict[str, Any], copies: int) -> dict[str, str]:
    config = {name: str(value) for name, value in (topic.get("config") or {}).items()}
    # One copy can never satisfy a rule about two.
    if copies == 1:
        config.pop("min.insync.replicas", None)
    return config


def _refuse_failures(answer: Any) -> None:
    already_exists = 36
    for name, code, *words in answer.topic_errors:
        if code not in {0, already_exists}:
            raise StackError(
                f"Kafka refused to make the topic {name}: {words[0] if words else code}",
                "Mend deploy/kafka/topics.yaml, then: make up",
            )
