"""The template of an address, such as `/v1/cases/{case_id}`, by the document that all addresses
stand in: what a request is counted under, so that no id becomes a label.
"""

from collections import defaultdict
from collections.abc import Iterable


class Templates:
    """All templates of one document; one without parameters comes before one with."""

    def __init__(self, templates: Iterable[str]) -> None:
        self._known: dict[int, list[tuple[str, tuple[bytes | None, ...]]]] = defaultdict(list)
        for template in sorted(templates, key=lambda one: (one.count("{"), one)):
            steps = template.encode().split(b"/")
            shape = tuple(None if step.startswith(b"{") else step for step in steps)
            self._known[len(shape)].append((template, shape))

    def find(self, raw_path: bytes) -> str | None:
        """The template that a path fits, None where there is none."""
        steps = raw_path.split(b"/")
        for template, shape in self._known.get(len(steps), ()):
            if all(mine is None or mine == step for mine, step in zip(shape, steps, strict=True)):
                return template
        return None
