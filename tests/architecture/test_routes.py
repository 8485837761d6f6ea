"""Every write goes through the one route class, and a read cannot pose as one."""

import ast
from collections.abc import Iterator
from typing import Annotated

import pytest
from fastapi import Depends

from deploy.local.stack import SERVICES
from job_orders.policy import POLICY
from shared.policy import Grant, permit
from shared.routes import DeclaredRoute
from tests.architecture.house import package_folder, shown, source_files, tree_of

READS = {"get", "head"}
WRITES = {"post", "put", "patch", "delete"}
WRITING_CLASSES = {"WriteRoute", "ReservedWriteRoute", "BulkRoute"}


def routers_in(tree: ast.AST) -> dict[str, dict[str, str]]:
    """Each router of a module with what it was made with."""
    return {
        target.id: {word.arg: ast.unparse(word.value) for word in node.value.keywords if word.arg}
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func).endswith("APIRouter")
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def routes_in(tree: ast.AST) -> Iterator[tuple[str, str, str, ast.Call]]:
    """Each decorator that makes a route: router, method, path."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for call in node.decorator_list:
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
                continue
            router, method = ast.unparse(call.func.value), call.func.attr
            if method in READS | WRITES | {"api_route", "route", "websocket"}:
                path = ast.unparse(call.args[0]).strip("'\"") if call.args else ""
                yield router, method, path, call


def faults(place: str, tree: ast.AST) -> list[str]:
    """Routes whose class does not fit what they do; those outside the document only read."""
    routers, found = routers_in(tree), []
    for router, method, path, call in routes_in(tree):
        made = routers.get(router, {})
        kind = made.get("route_class", "")
        is_search = method == "post" and path.endswith("/searches")
        if kind == "DeclaredRoute" or (not kind and made.get("include_in_schema") == "False"):
            fits = method in READS or (is_search and bool(kind))
        else:
            fits = kind in WRITING_CLASSES and method in WRITES and not is_search
        if not fits:
            found.append(f"{place}:{call.lineno} {router}.{method} {path} on {kind or 'no class'}")
    return found


def test_every_write_has_the_write_route_and_every_read_has_not() -> None:
    found, routes = [], 0
    for path in source_files(*(package_folder(service) for service in SERVICES)):
        found += faults(shown(path), tree_of(path))
        routes += len(list(routes_in(tree_of(path))))
    assert routes, "a walk that finds no route guards nothing"
    assert found == []


def test_nobody_adds_a_route_behind_the_decorators() -> None:
    hidden = {"add_api_route", "add_route", "add_websocket_route", "mount"}
    found = [
        f"{shown(path)}:{node.lineno}"
        for path in source_files(*(package_folder(service) for service in SERVICES))
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr in hidden
    ]
    assert found == []


def test_only_the_pages_of_the_document_stand_outside_of_it() -> None:
    """What is in no document is called by no walk over the documents."""
    outside = {
        shown(path)
        for path in source_files(*(package_folder(service) for service in SERVICES))
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.keyword) and node.arg == "include_in_schema"
    }
    assert outside == {"services/gateway/src/gateway/documents/api.py"}


@pytest.mark.parametrize(
    ("made", "route"),
    [
        ("route_class=DeclaredRoute", "post('')"),
        ("route_class=DeclaredRoute", "delete('/{id}')"),
        ("route_class=WriteRoute", "get('')"),
        ("route_class=WriteRoute", "post('/searches')"),
        ("include_in_schema=False", "post('')"),
        ("", "get('')"),
        ("route_class=DeclaredRoute", "api_route('', methods=['POST'])"),
    ],
)
def test_a_planted_route_of_the_wrong_class_is_found(made: str, route: str) -> None:
    planted = f"r = APIRouter({made})\n@r.{route}\nasync def f(): ..."
    assert faults("planted.py", ast.parse(planted))


def test_a_route_that_would_wait_in_a_thread_cannot_exist() -> None:
    def slow() -> None: ...

    async def endpoint(
        _grant: Annotated[Grant, permit(POLICY, "employers:read")],
        _slow: Annotated[None, Depends(slow)],
    ) -> None: ...

    with pytest.raises(TypeError, match=r"slow in a thread"):
        DeclaredRoute("/slow", endpoint)


def test_a_route_without_an_action_of_the_policy_cannot_exist() -> None:
    async def endpoint() -> None: ...

    with pytest.raises(TypeError, match=r"no action"):
        DeclaredRoute("/open", endpoint)
