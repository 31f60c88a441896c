"""The trusted base: which files must be right for a row to read proved, exact or sampled, and how long they are.

``TRUST.md`` of the repository says why; its table is ``table()``, printed by ``python -m verified_cat.proofs.trust``,
and a test holds it to the files of today.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import verified_cat

PACKAGE = Path(verified_cat.__file__).parent


@dataclass(frozen=True, slots=True)
class Part:
    """Files that carry a word: what they do, and what follows for the word where they are wrong."""

    what: str
    carries: str
    files: tuple[str, ...]
    otherwise: str

    def lines(self) -> int:
        """How long the files are today."""
        return sum(len((PACKAGE / name).read_text("utf-8").splitlines()) for name in self.files)


def _proofs(*names: str) -> tuple[str, ...]:
    return tuple(f"proofs/{name}.py" for name in names)


BASE = (
    Part(
        "opaque values and the constructions on them",
        "proved",
        _proofs("symbols", "sources", "worlds"),
        "a value that can be looked into lets code branch on it, and one run is not every run",
    ),
    Part(
        "from running code to equations, and to their text",
        "proved",
        _proofs("obligations", "smtlib", "evidence"),
        "another equation is proved than the law states",
    ),
    Part(
        "hypotheses, their models, goals that say nothing",
        "proved",
        _proofs("hypotheses", "finite", "trivial"),
        "everything follows from a contradiction, or nothing was said",
    ),
    Part(
        "asking both solvers",
        "proved",
        _proofs("solvers", "worker", "remembered"),
        "an answer is taken for another; a remembered one is of another question",
    ),
    Part(
        "the kernel of certificates, and their binding to the code",
        "certified",
        _proofs("checker", "certificates"),
        "a step is accepted that does not follow, or a proof of other code",
    ),
    Part(
        "printing the code to Agda, and its types there",
        "by Agda",
        _proofs("agda", "agda_export", "agda_signatures"),
        "Agda proves the law of other functions than those that run",
    ),
    Part(
        "statements in ε and δ, their instances and chains",
        "CHAIN-REAL",
        _proofs("firstorder", "chaining", "reals"),
        "a lemma is discharged that is not the one stated, or a chain has a gap",
    ),
    Part(
        "exact arithmetic and the decision of equality",
        "exact",
        ("reference/engine.py", "reference/normalform.py", "reference/decide.py", "reference/kinked.py"),
        "two maps are called equal that are not",
    ),
    Part(
        "bounds of rounding",
        "sampled",
        ("reference/rounding.py", "reference/balls.py"),
        "a bound too wide hides an error; one too narrow refutes what is right",
    ),
    Part(
        "drawing instances, comparing, counting",
        "exact, sampled",
        ("check.py", "comparing.py", "sampling.py", "deciding.py", "audits.py", "draw.py", "worlds.py"),
        "trivial instances are counted, or a difference is not seen",
    ),
    Part("words and reports", "every row", ("report.py",), "a row reads another word than was found"),
)
"""What is our own. Beside it: the statements of the laws, and what others wrote."""


def table() -> list[str]:
    """The base as Markdown, with the length of each part of it."""
    rows = [(part, part.lines()) for part in BASE]
    head = ["| part | files | lines | carries | if it is wrong |", "|---|---|---:|---|---|"]
    body = [
        f"| {part.what} | {_named(part.files)} | {lines} | {part.carries} | {part.otherwise} |" for part, lines in rows
    ]
    return [*head, *body, f"| together | | {sum(lines for _, lines in rows)} | | |"]


def _named(files: tuple[str, ...]) -> str:
    return ", ".join(f"`{name.removesuffix('.py')}`" for name in files)


if __name__ == "__main__":
    print("\n".join(table()))
