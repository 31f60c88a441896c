"""The ledger: for every law of the catalogue its strongest evidence, by what method, in which file, from which source.

``proofs/ledger.toml`` is written by ``verified-cat ledger`` from a run, never by hand, and holds no times or versions,
so that two runs of one state of the code write one file. ``code`` is what is known of the code that runs, ``agda`` the
theorems of the same statement that Agda's kernel has checked; ``evidence`` is the stronger of the two.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from json import dumps
from pathlib import Path
from typing import Any

from verified_cat.audits import AUDITS, Audit
from verified_cat.check import LAWS
from verified_cat.errors import DataError
from verified_cat.laws import engines, suite
from verified_cat.laws.catalogue import catalogue
from verified_cat.proofs.agda import agda_theorems
from verified_cat.proofs.certificates import file_of
from verified_cat.report import HOLDS, Strength

FILE = Path(__file__).with_name("ledger.toml")
AGDA = "agda"
LADDER = (engines.SOLVER, engines.EXACT, "torch")
"""The engines that are asked, strongest evidence first, up to the first in which the law holds."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a law: ``code`` in ``engine`` by ``method`` of the running code, and the theorems in Agda.

    ``stated`` is the file of the statement; ``certificate`` that of the stored proof, "" where there is none; ``why``
    says why no solver proves it, where none does.
    """

    evidence: str
    by: str
    code: str
    stated: str
    source: str
    engine: str = ""
    method: str = ""
    certificate: str = ""
    agda: tuple[str, ...] = ()
    why: str = ""


# ------------------------------------------------------------------------------------------------ what is known


def found(law: str) -> tuple[str, str]:
    """The strongest word for a law of the running code, and the engine that said so."""
    if law in AUDITS:
        return AUDITS[law].verdict().strength.value, suite.SUITE
    word = Strength.NOT_RUN.value
    for engine in LADDER:
        strength = suite.row(law, engine).strength
        if strength in HOLDS:
            return strength.value, engine
        word = word if strength is Strength.NOT_RUN else strength.value
    return word, ""


def entry(law: str, code: str, engine: str, theorems: Mapping[str, Iterable[tuple[str, str]]]) -> Entry:
    """The entry of a law of which so much is known; all but ``code`` and ``engine`` is read, not run."""
    stated: Any = AUDITS.get(law) or LAWS[law]
    agda = tuple(f"{module}.{name}" for module, name in theorems.get(law, ()))
    proved, method = Strength.PROVED.value, suite.method_of(law, engine) if engine else ""
    module = (stated.run if law in AUDITS else stated.state).__module__.rpartition(".")[2]
    return Entry(
        evidence=proved if agda else code,
        by=AGDA if agda and code != proved else method,
        code=code,
        stated=f"laws/{module}.py",
        source=stated.source,
        engine=engine,
        method=method,
        certificate=f"proofs/certificates/{file_of(law).name}" if file_of(law).is_file() else "",
        agda=agda,
        why="" if code == proved else _why(stated),
    )


def _why(stated: Any) -> str:
    if isinstance(stated, Audit):
        return "an audit looks at all there is, once"
    return str(stated.without_solver or stated.floats)


def compiled(
    show: Callable[[str], None] = lambda _: None, known: Mapping[str, Entry] | None = None
) -> dict[str, Entry]:
    """The ledger of a fresh run, in the order of the catalogue; ``show`` is told each law before it is run.

    Laws that are ``known`` are not run: files, sources, theorems and certificates are read again.
    """
    suite.load()
    theorems, entries = agda_theorems(), dict[str, Entry]()
    for law in catalogue().entries:
        kept = (known or {}).get(law)
        if kept is None:
            show(law)
        entries[law] = entry(law, *(found(law) if kept is None else (kept.code, kept.engine)), theorems)
    return entries


# ------------------------------------------------------------------------------------------------ the file


HEAD = """# The strongest evidence of every law. Made by `verified-cat ledger` from a run; not written by hand.
# {counts}
"""


def text(entries: Mapping[str, Entry]) -> str:
    """The file."""
    counts = Counter(f"{each.evidence} by {each.by}" for each in entries.values())
    said = ", ".join(f"{count} {what}" for what, count in counts.most_common())
    parts = [HEAD.format(counts=f"{len(entries)} laws: {said}.")]
    return "\n".join(parts + ["\n".join([*_lines(law, each), ""]) for law, each in entries.items()])


def _lines(law: str, each: Entry) -> Iterator[str]:
    yield f'[laws."{law}"]'
    for key, value in asdict(each).items():
        if value:  # what is empty is left out
            yield f"{key} = {dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)}"


def read(written: str) -> dict[str, Entry]:
    """The entries of the file. Raises DataError where it is no ledger."""
    try:
        data = tomllib.loads(written)["laws"]
        return {law: Entry(**each | {"agda": tuple(each.get("agda", ()))}) for law, each in data.items()}
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as fault:
        raise DataError(f"this is no ledger: {fault}") from fault


def kept() -> dict[str, Entry]:
    """The ledger of the package. Raises DataError where there is none that can be read."""
    return read(FILE.read_text("utf-8"))


def differences(kept: Mapping[str, Entry], now: Mapping[str, Entry]) -> list[str]:
    """What the ledger that is kept says otherwise than a run."""
    lost = [f"{law} is not in the ledger" for law in now if law not in kept]
    strange = [f"{law} is in the ledger, and no law" for law in kept if law not in now]
    changed = [
        f"{law}: {key} is {mine!r} in the ledger, and {yours!r} now"
        for law in kept
        if law in now
        for (key, mine), yours in zip(asdict(kept[law]).items(), asdict(now[law]).values(), strict=True)
        if mine != yours
    ]
    return lost + strange + changed
