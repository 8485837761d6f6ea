"""Values that exist once: put into every personal field, and then looked for everywhere."""

import base64
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, get_args

from pydantic import BaseModel

from registry.sources.content import CODE_FIELDS, DATE_FIELDS, FIELDS
from registry.sources.rules import SourceSystem
from shared.privacy import sensitivity_of
from shared.sensitivity import Level
from tests.registry.senders import make_nik, make_passport

# No spelling rule of names, no case folding and no cutting of titles changes such a word.
_LETTERS = "BDGKLMNRST"


@dataclass
class Cage:
    """Makes canaries, and remembers in which field each of them was put."""

    system: SourceSystem = SourceSystem.SISKOP2MI
    let_out: dict[str, str] = field(default_factory=dict)

    def fill(self, model: type[BaseModel], name: str) -> Any:
        """A canary for a field that only a few may see; nothing for any other field."""
        note = sensitivity_of(model, name)
        if note is None or not note.level.includes(Level.RESTRICTED):
            return None
        annotation = model.model_fields[name].annotation
        kinds = {annotation, *get_args(annotation)}
        place = f"{model.__name__}.{name}"
        if bool in kinds:
            return None
        if any(str(kind).startswith("dict") for kind in kinds):
            return self.content(place)
        return self._put(place, self._birthday() if date in kinds else self._value(name))

    def content(self, place: str) -> dict[str, str]:
        """What a system says of a person, with a canary in everything but codes and dates."""
        told = {}
        for name in sorted(FIELDS[self.system] - CODE_FIELDS):
            if name == "birth_date":
                told[name] = self._put(f"{place}.{name}", self._birthday())
            elif name in DATE_FIELDS:
                told[name] = "2026-01-05"
            else:
                told[name] = self._put(f"{place}.{name}", self._value(name))
        return told

    def loose(self) -> str:
        """A canary for where no personal data belong, such as an address."""
        return self._put("an address", self._value("text"))

    def _put(self, place: str, canary: str) -> str:
        self.let_out[canary] = place
        return canary

    def _value(self, name: str) -> str:
        if name == "nik":
            return make_nik()
        if "phone" in name:
            return "+" + "".join(secrets.choice("123456789") for _ in range(14))
        if name == "passport_number":
            return make_passport()
        word = "".join(secrets.choice(_LETTERS) + secrets.choice("AU") for _ in range(7))
        return f"{word}@example.org" if name == "email" else f"KUKU {word}"

    def _birthday(self) -> str:
        """A day that nothing else in the system falls on."""
        return str(date(1931, 1, 1) + timedelta(days=len(self.let_out)))

    def found_in(self, *haystacks: bytes) -> list[str]:
        """The fields whose canaries are there, in clear or as readily readable as that."""
        hay = b"\n".join(haystacks).lower()
        return sorted({place for canary, place in self.let_out.items() if _is_in(hay, canary)})


def _is_in(hay: bytes, canary: str) -> bool:
    # The word that no other value holds; a date and a number are such a word themselves.
    plain = canary.rpartition(" ")[2].partition("@")[0].encode()
    forms = (plain.lower(), plain.hex().encode(), base64.b64encode(plain).rstrip(b"=").lower()[:-2])
    return any(form in hay for form in forms)


def spoiled(body: Mapping[str, Any], cage: Cage) -> Iterable[dict[str, Any]]:
    """Bodies that must be refused and hold canaries where the schema expects none."""
    word = f"KUKU {secrets.token_hex(8)}"
    cage.let_out[word] = "a body that is refused"
    yield dict(body) | {word: word}
    yield dict(body) | {"nik": {word: [word]}}
    for name in body:
        yield dict(body) | {name: {word: word}}
        yield dict(body) | {name: [word]}
