"""The pages: links and tests they name exist, decisions have one form, features are proven, and
nothing speaks of the place where it was written.
"""

import re
from pathlib import Path

import pytest

from deploy.pages import dead_links, dead_tests, files, has_test, pages
from tests.architecture.house import ROOT, shown

DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
FEATURES = ROOT / "docs/features.md"
CONTROLS = ROOT / "docs/controls.md"
HEADINGS = ["Context", "Decision", "Consequences", "What enforces it"]
LONGEST_SENTENCE = 200
# Each is written so that it does not match itself.
OUT_OF_PLACE = re.compile(
    r"/wor[k]/|/far[m]/|/roo[t]/|\.\./share[d]\b|[c]laude|anthropi[c]\b|sub-?agen[t]|work[p]lace"
    r"|helper sessio[n]|another sessio[n]|coding agen[t]|language mode[l]"
    r"|p[y]pi\.org|python[h]osted|npm[j]s|registry\.np[m]|rep[o]1?\.maven|maven\.or[g]"
    r"|prox[y]\.golang|crates\.i[o]\b|deb\.debia[n]|archive\.ubunt[u]|ghcr\.i[o]|docker\.i[o]",
    re.IGNORECASE,
)
TARGET = re.compile(r"^([a-z-]+):", re.MULTILINE)
MAKE = re.compile(r"`(?:[A-Z_]+=\S+ )*make ([a-z -]+?)(?: [A-Z_]+=[^`]*)?`")


def row_tests(row: str) -> list[str]:
    return re.findall(r"`(tests/[^`]+)`", row)


def rows(page: Path) -> list[str]:
    """The rows of a page's tables, without heads and rules."""
    lines = page.read_text().splitlines()
    heads = {number for number, line in enumerate(lines) if re.match(r"^\|[-| :]+\|$", line)}
    return [
        line
        for number, line in enumerate(lines)
        if line.startswith("|") and number not in heads and number + 1 not in heads
    ]


def faults_of_decision(page: Path) -> list[str]:
    """What a decision page lacks of its form."""
    text = page.read_text()
    found = []
    number = page.name[:4]
    title = text.splitlines()[0] if text else ""
    if not re.match(rf"^# {number} \S", title):
        found.append("title begins with its number")
    if re.findall(r"^## (.+)$", text, re.MULTILINE) != HEADINGS:
        found.append(f"headings are {', '.join(HEADINGS)}")
    parts = dict(zip(HEADINGS, re.split(r"^## .+$", text, flags=re.MULTILINE)[1:], strict=False))
    quoted = re.findall(r"^> (.+)$", parts.get("Decision", ""), re.MULTILINE)
    if len(quoted) != 1 or not quoted[0].endswith(".") or len(quoted[0]) > LONGEST_SENTENCE:
        found.append("the decision is one quotable sentence")
    enforcing = row_tests(parts.get("What enforces it", ""))
    if not enforcing or not all("::" in name and has_test(name, ROOT) for name in enforcing):
        found.append("what enforces it is named by tests that exist")
    return found


def faults_of_features(page: Path, root: Path) -> list[str]:
    """Rows that name no test, or one that does not exist."""
    found = []
    for row in rows(page):
        named = row_tests(row)
        if not named:
            found.append(f"no test: {row}")
        found += [
            f"no such test: {name}"
            for name in named
            if "::" not in name or not has_test(name, root)
        ]
    return found


@pytest.mark.parametrize("page", pages(ROOT), ids=shown)
def test_every_link_and_every_test_that_a_page_names_exists(page: Path) -> None:
    assert [*dead_links(page, ROOT), *dead_tests(page, ROOT)] == []


@pytest.mark.parametrize("page", pages(ROOT), ids=shown)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text()))
    named = {word for words in MAKE.findall(page.read_text()) for word in words.split()}
    assert named <= targets, named - targets


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [page.name[:5] for page in DECISIONS]
    assert numbers == [f"{number:04}-" for number in range(1, len(DECISIONS) + 1)]
    assert len(DECISIONS) >= 6


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_its_form_and_names_what_enforces_it(page: Path) -> None:
    assert faults_of_decision(page) == []


def test_every_feature_is_shown_by_a_test_that_exists() -> None:
    assert rows(FEATURES)
    assert faults_of_features(FEATURES, ROOT) == []


def test_every_control_is_numbered_and_shown_by_a_test_that_exists() -> None:
    numbers = [row.split("|")[1].strip() for row in rows(CONTROLS)]
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    assert len(numbers) >= 40
    assert faults_of_features(CONTROLS, ROOT) == []


def test_no_file_speaks_of_the_place_where_it_was_written() -> None:
    found = []
    for path in files(ROOT):
        try:
            lines = path.read_text().splitlines()
        except UnicodeDecodeError:
            continue
        found += [
            f"{shown(path)}:{number} {match.group()}"
            for number, line in enumerate(lines, 1)
            if (match := OUT_OF_PLACE.search(line))
        ]
    assert found == []


@pytest.mark.parametrize(
    "planted",
    ["/wor" + "k/main/x", "https://" + "py" + "pi.org/simple", "a Clau" + "de session"],
)
def test_a_planted_word_out_of_place_is_found(planted: str) -> None:
    assert OUT_OF_PLACE.search(planted)


def test_a_planted_dead_link_heading_and_test_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Here\n[a](other.md) [b](#here) [c](#gone) ![d](picture.svg) [e](https://example.org)\n"
        "`tests/shared/test_outbox.py::test_that_never_was`\n"
    )
    assert len(list(dead_links(page, tmp_path))) == 3
    assert len(list(dead_tests(page, tmp_path))) == 1


def test_a_planted_fault_in_a_decision_or_a_feature_is_found(tmp_path: Path) -> None:
    page = tmp_path / "0007-planted.md"
    page.write_text("# Planted\n\n## Context\n\n## Decision\n\nWell.\n\n## What enforces it\n")
    assert len(faults_of_decision(page)) == 4
    features = tmp_path / "features.md"
    features.write_text(
        "| feature | shown by |\n|---|---|\n| a | nothing |\n| b | `tests/x.py::test_y` |\n"
    )
    assert len(faults_of_features(features, tmp_path)) == 2
