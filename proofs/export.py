"""Every obligation as files: SMT-LIB 2.6 and TPTP, with a list of what each file says, for any other prover."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from verified_cat.check import LAWS
from verified_cat.errors import MissingOperation, ShapeError
from verified_cat.proofs.evidence import attempts
from verified_cat.proofs.obligations import Obligation, ProofResult, quantified, traced
from verified_cat.proofs.smtlib import smtlib
from verified_cat.proofs.solvers import Solver
from verified_cat.proofs.symbols import TraceError
from verified_cat.proofs.tptp import tptp
from verified_cat.report import write_json, write_text

README = """# Obligations of verified_cat

One obligation a file pair, LAW--world--number: `.smt2` is SMT-LIB 2.6 and asserts the hypotheses and the negated goal,
so that `unsat` proves it; `.p` is TPTP (FOF) with the axioms of pairing written out, and its conjecture is the goal.
`manifest.json` says of each what it is: the law, where it is stated, its hypotheses, and what was made of it here.
`hypotheses--*.smt2` and `.p` hold the hypotheses of a law alone; no prover may find them contradictory.

The equations were made by running the package's constructions on opaque values (see `verified_cat.proofs`), and every
file can be made again by `verified-cat proofs --export DIR`. Nothing is simplified in them. Examples:

    z3 PARA-ASSOC--para--0.smt2
    cvc5 PARA-ASSOC--para--0.smt2
    eprover --auto PARA-ASSOC--para--0.p
"""


def export(
    folder: Path, todo: Iterable[tuple[str, str]], solvers: Sequence[Solver] | None = None
) -> list[dict[str, Any]]:
    """Write the files of these laws in these worlds. The list of them, as in the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = [entry for law, world in todo for entry in _of_law(folder, law, world, solvers)]
    write_text(folder / "README.md", README)
    write_json(folder / "manifest.json", {"schema": 1, "obligations": manifest})
    return manifest


def _of_law(folder: Path, law: str, world: str, solvers: Sequence[Solver] | None) -> Iterator[dict[str, Any]]:
    if LAWS[law].without_solver or LAWS[law].floats:
        return
    try:
        tried = list(attempts(LAWS[law], world, solvers))
    except (MissingOperation, TraceError, ShapeError):
        return
    named = f"{law}--{_word(world)}"
    for number, (one, found) in enumerate(tried):
        yield _written(folder, f"{named}--{number}", law, world, one, found)
    used = {group.name: group for one, _ in tried for group in one.hypotheses}
    if used:
        assumed = [quantified(each) for group in used.values() for each in group.members]
        write_text(folder / f"hypotheses--{named}.smt2", smtlib(assumed))
        write_text(folder / f"hypotheses--{named}.p", tptp(assumed, None))


def _written(folder: Path, name: str, law: str, world: str, one: Obligation, found: ProofResult) -> dict[str, Any]:
    """The two files of one goal."""
    assumed = [quantified(each) for group in one.hypotheses for each in group.members]
    goal = traced(one.goals[0], "x")
    status = "unsat" if all(outcome.answer == "unsat" for outcome in found.outcomes) else "unknown"
    head = (
        f"; {law} in {_word(world)}: see manifest.json\n(set-info :smt-lib-version 2.6)\n(set-info :status {status})\n"
    )
    write_text(folder / f"{name}.smt2", head + smtlib(assumed, [goal]))
    write_text(folder / f"{name}.p", f"% {law} in {_word(world)}: see manifest.json\n" + tptp(assumed, goal))
    return {
        "name": name,
        "law": law,
        "world": world,
        "statement": LAWS[law].statement,
        "hypotheses": [each.name for group in one.hypotheses for each in group.members],
        "status": found.status,
        "reason": found.reason,
        "trivial": found.trivial,
        "answers": {outcome.solver: outcome.answer for outcome in found.outcomes},
    }


def _word(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name)
