"""What runs beside a stack when asked for (`make up OBSERVE=1`): one entry each in EXTRAS.

A stack remembers its extras; a value of 0 takes one away again.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deploy.local import observing
from deploy.local.stack import Service, Stack

_OFF = {"0", "no", "off", "false"}


@dataclass(frozen=True)
class Extra:
    """One addition: the variable that asks for it, its processes by name with the port of each,
    and what else it brings.

    `prepare` raises StackError where the machine lacks something.
    """

    switch: str
    ports: Mapping[str, str]
    prepare: Callable[[Stack], None]
    command: Callable[[Stack, str], list[str]]
    settings: Callable[[Stack, Service], dict[str, str]]
    is_ready: Callable[[Stack, str], bool]
    told: Callable[[Stack], str]


EXTRAS = (
    Extra(
        switch=observing.SWITCH,
        ports=observing.PORTS,
        prepare=observing.prepare,
        command=observing.command,
        settings=observing.settings,
        is_ready=observing.is_ready,
        told=observing.told,
    ),
)


def choose(stack: Stack) -> None:
    """Add what the environment asks for, take away what it says no to, and prepare what is on.

    Raises StackError where something cannot be prepared; the stack's choice is then as it was.
    """
    names = set(stack.read_facts().get("extras", []))
    for extra in EXTRAS:
        asked = os.environ.get(extra.switch, "").strip().lower()
        if asked in _OFF:
            names.discard(extra.switch)
        elif asked:
            names.add(extra.switch)
    for extra in EXTRAS:
        if extra.switch in names:
            extra.prepare(stack)
    stack.remember(extras=sorted(names))


def chosen(stack: Stack) -> list[Extra]:
    """The extras that this stack has."""
    names = stack.read_facts().get("extras", [])
    return [extra for extra in EXTRAS if extra.switch in names]


def process_names(stack: Stack) -> list[str]:
    return [name for extra in chosen(stack) for name in extra.ports]


def settings(stack: Stack, service: Service) -> dict[str, str]:
    """The settings that a service gets from all extras, without the prefix of the service."""
    together: dict[str, str] = {}
    for extra in chosen(stack):
        together |= extra.settings(stack, service)
    return together
