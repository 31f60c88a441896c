"""All proofs of all laws: one row for each law in each world, in several processes, with answers remembered.

Then the audits that are proofs, and what Agda checks. Beside each row stands what its certificates are worth.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from verified_cat.audits import AUDITS
from verified_cat.check import LAWS
from verified_cat.errors import MissingExtra
from verified_cat.proofs import agda, certificates
from verified_cat.proofs.evidence import METHOD, proof_of
from verified_cat.proofs.remembered import Remembering
from verified_cat.proofs.solvers import Solver, SolverDisagreement, default_solvers
from verified_cat.report import Strength

DISAGREE = "disagree"
"""What a row reads where the solvers, or a solver and a finite model, contradict each other."""

CHECKED, NONE = "checked", "none"
"""What our own checker says of the certificates of a row."""

FAILING = (DISAGREE, Strength.REFUTED.value, Strength.VACUOUS.value, Strength.UNDECIDED.value)


@dataclass(frozen=True, slots=True)
class ProofRow:
    """What became of a law in a world: the word, how many obligations say something, who proved them, how long."""

    law: str
    world: str
    word: str
    obligations: int
    by: str
    seconds: float
    reason: str = ""
    remembered: int = 0
    asked: int = 0
    unreadable: int = 0
    certificate: str = ""
    """Checked where each goal has a certificate that holds today, else what is wrong with one; "" where none can be."""

    @property
    def fails(self) -> bool:
        """Whether the row is wrong: not proved, or not by its certificates."""
        return self.word in FAILING or (self.word == Strength.PROVED.value and self.certificate not in ("", CHECKED))

    def line(self) -> str:
        """One line of the table."""
        said = self.reason if self.word != Strength.PROVED.value or self.reason else ""
        return (
            f"{self.law:<18} {self.world:<18} {self.word:<10} {self.obligations or '':>4} {self.by:<10} "
            f"{self.certificate:<8} {self.seconds:>6.2f}  {said}"
        ).rstrip()


def tasks(laws: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Every law in every world, or some laws; those about floats are no one's to prove."""
    chosen = [name for name in laws if name in LAWS] if laws else list(LAWS)
    return [(name, world) for name in chosen if not LAWS[name].floats for world in LAWS[name].worlds]


def rows(todo: list[tuple[str, str]], *, folder: Path | None = None, jobs: int = 1) -> Iterator[ProofRow]:
    """The rows in the order of the tasks, by ``jobs`` processes; without a folder nothing is remembered."""
    if jobs == 1:
        yield from (row(law, world, folder) for law, world in todo)
        return
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(_row_elsewhere, [(law, world, folder) for law, world in todo], chunksize=4)


def row(law: str, world: str, folder: Path | None = None) -> ProofRow:
    """One law in one world."""
    start = time.perf_counter()
    asked_of = _remembering(folder) if folder else ()
    before = _counts(asked_of)
    try:
        found = proof_of(LAWS[law], world, solvers=solvers(folder))
    except SolverDisagreement as fault:
        return ProofRow(law, world, DISAGREE, 0, "", time.perf_counter() - start, str(fault))
    by = "" if found.strength is not Strength.PROVED else "definition" if found.reason else found.method
    remembered, asked, unreadable = (now - then for now, then in zip(_counts(asked_of), before, strict=True))
    word, spent = found.strength.value, time.perf_counter() - start
    return ProofRow(law, world, word, found.witnesses, by, spent, found.reason, remembered, asked, unreadable)


def _row_elsewhere(task: tuple[str, str, Path | None]) -> ProofRow:
    from verified_cat.laws import suite

    suite.load()
    return row(*task)


def solvers(folder: Path | None) -> Sequence[Solver]:
    """Both solvers, with what they have answered before where there is a folder for it."""
    return _remembering(folder) if folder else default_solvers()


@cache
def _remembering(folder: Path) -> tuple[Remembering, ...]:
    return tuple(Remembering(solver, folder) for solver in default_solvers())


def _counts(solvers: tuple[Remembering, ...]) -> tuple[int, int, int]:
    return (
        sum(each.remembered for each in solvers),
        sum(each.asked for each in solvers),
        sum(each.unreadable for each in solvers),
    )


def summary(found: list[ProofRow], seconds: float) -> list[str]:
    """The counts at the end of the table."""
    counts = Counter(each.word for each in found)
    words = ", ".join(f"{count} {word}" for word, count in counts.most_common())
    proved = [each for each in found if each.word == Strength.PROVED.value]
    laws = len({each.law for each in proved if each.law != "Agda"})
    certified = Counter(each.certificate for each in found if each.certificate)
    lines = [
        f"{words}: {len(found)} rows in {seconds:.1f} s",
        f"{laws} laws proved, {sum(each.obligations for each in proved)} obligations",
        "certificates of rows: " + (", ".join(f"{count} {word}" for word, count in certified.most_common()) or NONE),
    ]
    asked, remembered = sum(each.asked for each in found), sum(each.remembered for each in found)
    # Without a folder nothing is remembered, and nothing counted.
    lines += [f"{asked} questions asked, {remembered} remembered"] * bool(asked or remembered)
    unreadable = sum(each.unreadable for each in found)
    return lines + [f"{unreadable} remembered answers could not be read, and were asked again"] * bool(unreadable)


# ------------------------------------------------------------------------------------------------ beside the solvers


def audited(laws: Sequence[str] = ()) -> Iterator[ProofRow]:
    """The audits that are proofs, such as the chain rule in ε and δ."""
    for name, stated in AUDITS.items():
        if stated.strength is Strength.PROVED and (not laws or name in laws):
            found = stated.verdict()
            reason = found.reason or "; ".join(map(str, found.example or ()))
            yield ProofRow(name, "the reals", found.strength.value, found.witnesses, METHOD, found.seconds, reason)


def by_kernel() -> ProofRow:
    """What Agda says of all modules; not run, with the way out, where it is not installed."""
    start = time.perf_counter()
    try:
        said = agda.check()
    except MissingExtra as fault:
        return ProofRow("Agda", "every module", Strength.NOT_RUN.value, 0, "", 0.0, str(fault))
    word = Strength.REFUTED if said.fault else Strength.PROVED
    theorems = len(agda.theorems(agda.modules()))
    spent = time.perf_counter() - start
    return ProofRow("Agda", f"{len(said.modules)} modules", word.value, theorems, "agda", spent, said.fault)


def certificate_words(law: str) -> dict[str, str]:
    """World ↦ "checked", or what is wrong with the certificates of a law there; empty where none may be."""
    if LAWS[law] not in certificates.provable():
        return {}
    found: dict[str, str] = {}
    for each in certificates.replay_law(LAWS[law]):
        word = {"certified": CHECKED, "missing": NONE}.get(each.status, each.status)
        found[each.world] = word if found.get(each.world, CHECKED) == CHECKED else found[each.world]
    return found


def run(
    laws: Sequence[str], *, folder: Path | None, jobs: int, show: Callable[[int, int, ProofRow], None]
) -> tuple[list[ProofRow], float]:
    """All rows, each shown as it comes, and the seconds that they took."""
    todo, found, start = tasks(laws), list[ProofRow](), time.perf_counter()
    words = cache(certificate_words)
    for each in rows(todo, folder=folder, jobs=jobs):
        found.append(replace(each, certificate=words(each.law).get(each.world, "")))
        show(len(found), len(todo), found[-1])
    for each in (*audited(laws), *([] if laws else [by_kernel()])):
        found.append(each)
        show(len(found), len(found), each)
    return found, time.perf_counter() - start
