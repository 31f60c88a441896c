"""The catalogue: family and name of every law, who is known to break it, where our statement is another; and its page.

The data is ``catalogue.toml``. What a law says, and what it must refute, is in the law itself.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from typing import Any

from verified_cat.errors import DataError


@dataclass(frozen=True, slots=True)
class Entry:
    """What the catalogue has of a law. ``own`` laws are not in the list of laws that the suite started from."""

    family: str
    name: str
    violations: tuple[str, ...] = ()
    corrected: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The families with their titles, and the entry of every law by the law's name, in the order of the file."""

    families: Mapping[str, str]
    entries: Mapping[str, Entry]

    def faults(self, laws: Mapping[str, Any]) -> list[str]:
        """Laws without an entry, entries without a law, families that are not there."""
        unlisted = [f"the law {name} has no entry" for name in laws if name not in self.entries]
        lost = [f"the entry {name} has no law" for name in self.entries if name not in laws]
        strange = [
            f"{name} is of no family: {entry.family}"
            for name, entry in self.entries.items()
            if entry.family not in self.families
        ]
        return unlisted + lost + strange


def catalogue(text: str = "") -> Catalogue:
    """The catalogue of the package, or that in ``text``. Raises DataError where an entry is not one."""
    source = text or (files("verified_cat.laws") / "catalogue.toml").read_text("utf-8")
    try:
        data = tomllib.loads(source)
    except tomllib.TOMLDecodeError as fault:
        raise DataError(f"the catalogue is no TOML: {fault}") from fault
    return Catalogue(
        data.get("families", {}), {name: _entry(name, part) for name, part in data.get("laws", {}).items()}
    )


_KINDS = {"family": str, "name": str, "violations": list, "corrected": str, "own": bool}


def _entry(name: str, data: Any) -> Entry:
    known = [each.name for each in fields(Entry)]
    if not isinstance(data, dict) or not {"family", "name"} <= set(data) <= set(known):
        raise DataError(
            f"the entry {name} of the catalogue has a family and a name, and of {known} nothing else: {data}"
        )
    if any(not isinstance(value, _KINDS[key]) for key, value in data.items()):
        raise DataError(f"the entry {name} of the catalogue has a part of the wrong kind: {data}")
    return Entry(**data | {"violations": tuple(data.get("violations", ()))})


# ------------------------------------------------------------------------------------------------ the page

HEAD = """# The laws

What the suite states, by family: {count} laws, of which {own} are marked as our own. Each is stated once, as a function
in the folder `laws`; this page is made from those and from `laws/catalogue.toml` by

```console
verified-cat laws --markdown docs/laws.md
```

A law is *strict* where both sides are one morphism, *iso* where they agree along the isomorphism that it names, and a
*failure* where a common statement is false, with the point at which it fails. *Audits* look at everything there is to
look at, once, and notice the faults that are planted for them.
"""


def markdown(laws: Mapping[str, Any], listed: Catalogue) -> str:
    """The page of all laws, by family. Raises DataError where catalogue and laws do not match."""
    wrong = listed.faults(laws)
    if wrong:
        raise DataError(f"laws/catalogue.toml does not fit the laws: {'; '.join(wrong)}")
    own = sum(entry.own for entry in listed.entries.values())
    parts = [HEAD.format(count=len(listed.entries), own=own)]
    for family, title in listed.families.items():
        parts.append(f"## {family}: {title}\n")
        here = ((name, entry) for name, entry in listed.entries.items() if entry.family == family)
        parts += ["\n".join([*_section(laws[name], entry), ""]) for name, entry in here]
    return "\n".join(parts)


def _section(law: Any, entry: Entry) -> Iterator[str]:
    yield f"### {law.name}: {entry.name}\n"
    yield f"{_escaped(law.statement)}\n"
    yield f"- Source: {_escaped(law.source)}"
    yield f"- {_kind(law)}"
    yield from (f"- Must refute: {_escaped(says)}" for says in must_refute(law))
    yield from (f"- Known to break it: {_escaped(each)}" for each in entry.violations)
    if entry.corrected:
        yield f"- Here: {_escaped(entry.corrected)}"
    if entry.own:
        yield "- Our own"


def must_refute(law: Any) -> list[str]:
    """What is wrong with the wrong implementations that come with a law; of an audit, the faults planted for it."""
    return list(dict.fromkeys(getattr(law, "controls", None) or [each.says for each in law.mutants]))


def _kind(law: Any) -> str:
    """The equality of a law, where it is stated, and what can judge it."""
    if not hasattr(law, "equality"):
        return "Audit, run once for all engines"
    judges = "solvers, normal forms and samples"
    if law.floats:
        judges = f"samples alone: {law.floats}"
    elif law.without_solver:
        judges = f"normal forms and samples; no solver, as {law.without_solver}"
    where = f"Stated in: {', '.join(law.worlds)} ({law.doctrine})"
    return f"Equality: {law.equality}. {where}. Put to {_escaped(judges)}"


def _escaped(text: str) -> str:
    """Text in which no character is Markdown, so that R[f](a, b) is no link."""
    escaped = "".join(f"\\{character}" if character in "\\`*_[]<>|#" else character for character in text)
    return escaped.replace("](", "]\\(")
