"""Checks the Markdown pages: `python -m deploy.pages` lists links and tests that do not exist."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_LEFT_BEHIND = {
    ".git",
    ".hypothesis",
    ".import_linter_cache",
    ".local",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".venv",
    "__pycache__",
    "build",
    "dist",
    "node_modules",
    "target",
}
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|!\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_TEST = re.compile(r"tests/[\w/]+\.py(?:::\w+)?")


def files(root: Path) -> Iterator[Path]:
    """Every file of the repository, without what tools and the local stack leave behind."""
    for path in sorted(root.iterdir()):
        if path.name in _LEFT_BEHIND or path.name.endswith(".egg-info"):
            continue
        if path.is_dir():
            yield from files(path)
        else:
            yield path


def pages(root: Path) -> list[Path]:
    return [path for path in files(root) if path.suffix == ".md"]


def dead_links(page: Path, root: Path) -> Iterator[str]:
    """Relative links of a page to no file, or to no heading of one."""
    text = _FENCE.sub("", page.read_text())
    for match in _LINK.finditer(text):
        link = match.group(1) or match.group(2)
        if re.match(r"[a-z][a-z+.-]*:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or not target.is_relative_to(root):
            yield f"{page.relative_to(root)}: {link} leads nowhere"
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            yield f"{page.relative_to(root)}: {link} names no heading"


def dead_tests(page: Path, root: Path) -> Iterator[str]:
    """Tests that a page names and that do not exist."""
    for name in sorted(set(_TEST.findall(page.read_text()))):
        if not has_test(name, root):
            yield f"{page.relative_to(root)}: there is no {name}"


def has_test(name: str, root: Path) -> bool:
    """Whether a test id (`tests/…/test_x.py::test_y`, or the file alone) is there."""
    file, _, function = name.partition("::")
    path = root / file
    return path.is_file() and (not function or function in functions(path))


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as the usual renderers make them."""
    text = _FENCE.sub("", page.read_text())
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in _HEADING.findall(text)
    }


def main() -> int:
    """0 when every link and every test id leads somewhere."""
    found = [
        line
        for page in pages(ROOT)
        for check in (dead_links, dead_tests)
        for line in check(page, ROOT)
    ]
    print("\n".join(found) or f"{len(pages(ROOT))} pages, no dead link")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
