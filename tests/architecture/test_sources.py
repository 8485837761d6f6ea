"""What no source may do, read from its syntax tree: commit, hide work in a task, grow too long."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.stack import SERVICES
from tests.architecture.house import (
    ROOT,
    SHARED,
    all_sources,
    package_folder,
    shown,
    source_files,
    tree_of,
)

COMMITS = {
    "shared/src/shared/writes.py",
    "shared/src/shared/outbox.py",
    "shared/src/shared/loops.py",
    *(shown(path) for path in source_files(SHARED / "inbox")),
}
# A commit there is another thing: the migrating role's own connection, and the broker's offsets.
OTHER_COMMITS = {
    "shared/src/shared/migrations.py": {"connection.commit"},
    "shared/src/shared/bus.py": {"consumer.commit"},
}
ENDINGS = {"commit", "begin", "transaction"}
LONGEST_FILE = 400
# Tasks there are the business itself: calls passed on, and a process that runs until told to stop.
RUNS_TASKS = ("services/gateway/src/gateway/upstream/", "services/registry/src/registry/bulk.py")

Guard = Callable[[str, ast.AST], list[str]]


def _calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Every call of an attribute, with its text: `session.commit`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node, ast.unparse(node.func)


def commits(place: str, tree: ast.AST) -> list[str]:
    """Calls and statements that end a transaction where none may be ended."""
    if place in COMMITS:
        return []
    named = OTHER_COMMITS.get(place, set()) | {f"{name}.commit" for name in _savepoints(tree)}
    found = [
        f"{place}:{call.lineno} {text}()"
        for call, text in _calls(tree)
        if text.rsplit(".", 1)[-1] in ENDINGS and text not in named
    ]
    return found + [
        f"{place}:{node.lineno} {node.value!r}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.strip().rstrip(";").upper() in {"COMMIT", "BEGIN", "END"}
    ]


def _savepoints(tree: ast.AST) -> set[str]:
    """Names that hold a savepoint: its commit gives it up and ends no transaction."""
    return {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and ast.unparse(node.value).endswith(".begin_nested()")
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def loose_tasks(place: str, tree: ast.AST) -> list[str]:
    """Tasks that nobody need wait for; those of a TaskGroup end with their block."""
    groups = {
        item.optional_vars.id
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncWith)
        for item in node.items
        if isinstance(item.optional_vars, ast.Name)
        and ast.unparse(item.context_expr).endswith("TaskGroup()")
    }
    return [
        f"{place}:{call.lineno} {text}()"
        for call, text in _calls(tree)
        if text.rsplit(".", 1)[-1] in {"create_task", "ensure_future", "add_task"}
        and text.split(".")[0] not in groups
    ]


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.name for alias in node.names]
    return [node.attr] if isinstance(node, ast.Attribute) else []


def base_http_middleware(place: str, tree: ast.AST) -> list[str]:
    return [
        f"{place}: {name}"
        for node in ast.walk(tree)
        for name in _names(node)
        if name in {"BaseHTTPMiddleware", "BackgroundTask", "BackgroundTasks"}
    ]


def everywhere(guard: Guard, paths: list[Path]) -> list[str]:
    return [finding for path in paths for finding in guard(shown(path), tree_of(path))]


def test_only_the_spine_ends_a_transaction() -> None:
    assert everywhere(commits, all_sources()) == []


def test_the_spine_is_where_commits_are() -> None:
    committing = {
        shown(path)
        for path in source_files(SHARED)
        if any(text.endswith("session.commit") for _, text in _calls(tree_of(path)))
    }
    assert committing <= COMMITS
    assert "shared/src/shared/writes.py" in committing


@pytest.mark.parametrize(
    "planted",
    [
        "async def f(session):\n    await session.commit()",
        "async def f(engine):\n    async with engine.begin():\n        pass",
        "async def f(connection):\n    async with connection.transaction():\n        pass",
        "async def f(connection):\n    await connection.execute('commit;')",
        "async def f(s):\n    point = await s.begin_nested()\n    await s.commit()",
    ],
)
def test_a_planted_commit_is_found(planted: str) -> None:
    assert commits("services/cases/src/cases/planted.py", ast.parse(planted))


def test_a_named_exception_covers_its_own_call_alone() -> None:
    planted = ast.parse("async def f(session):\n    await session.commit()")
    assert commits("shared/src/shared/bus.py", planted)
    assert commits("shared/src/shared/migrations.py", planted)


def test_no_service_starts_work_that_nobody_waits_for() -> None:
    services = source_files(*(package_folder(service) for service in SERVICES))
    others = [path for path in services if not shown(path).startswith(RUNS_TASKS)]
    assert everywhere(loose_tasks, others) == []


@pytest.mark.parametrize(
    "planted",
    [
        "import asyncio\nasyncio.create_task(f())",
        "import asyncio\nasyncio.ensure_future(f())",
        "loop.create_task(f())",
        "background.add_task(f)",
    ],
)
def test_a_planted_task_is_found(planted: str) -> None:
    assert loose_tasks("planted.py", ast.parse(planted))


def test_a_task_of_a_group_is_no_loose_one() -> None:
    planted = "async def f():\n    async with asyncio.TaskGroup() as group:\n        {}"
    assert loose_tasks("planted.py", ast.parse(planted.format("group.create_task(g())"))) == []
    assert loose_tasks("planted.py", ast.parse(planted.format("asyncio.create_task(g())")))


def test_middleware_is_plain_asgi_and_no_task_outlives_its_answer() -> None:
    assert everywhere(base_http_middleware, all_sources()) == []


@pytest.mark.parametrize(
    "planted",
    [
        "from starlette.middleware.base import BaseHTTPMiddleware",
        "import starlette.middleware.base as base\nclass Mine(base.BaseHTTPMiddleware): ...",
        "from fastapi import BackgroundTasks",
    ],
)
def test_planted_middleware_is_found(planted: str) -> None:
    assert base_http_middleware("planted.py", ast.parse(planted))


def test_no_file_grows_past_400_lines() -> None:
    folders = (ROOT / name for name in ("services", "shared", "deploy", "tests"))
    lengths = {shown(path): len(path.read_text().splitlines()) for path in source_files(*folders)}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}
