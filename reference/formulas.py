"""Every displayed formula of the slides and of the papers that the catalogue quotes, by name, with what refutes what.

``python reference/formulas.py`` checks all of them and prints the table; it exits 1 where one fails.
"""

from __future__ import annotations

from verified_cat.reference import formulas_papers, formulas_schemas, formulas_slides
from verified_cat.reference.formula import Formula

FORMULAS: dict[str, Formula] = {
    formula.name: formula
    for formula in (*formulas_slides.FORMULAS, *formulas_schemas.FORMULAS, *formulas_papers.FORMULAS)
}


def judged(formula: Formula) -> str:
    """The verdict on a formula: "exact", else what was found; a wrong version that survives is a failure."""
    found = formula.check().verdict
    survived = formula.survivors()
    if found != "equal":
        return found
    return f"not refuted: {'; '.join(survived)}" if survived else "exact"


def table() -> list[str]:
    """The formulas as Markdown, with the verdict on each and what it refutes."""
    lines = ["| formula | source | verdict | refutes |", "|---|---|---|---|"]
    for formula in FORMULAS.values():
        shown = formula.formula.replace("|", "\\|")
        lines.append(f"| `{shown}` | {formula.source} | {judged(formula)} | {'; '.join(formula.wrong)} |")
    return [line.replace("](", "] (") for line in lines]  # R[f](a, b) would read as a link


def page() -> str:
    """The page ``docs/formulas.md``."""
    return (
        "# Formulas as executable examples\n\n"
        "Every displayed formula of the slides and of the papers that the catalogue of laws quotes, run on the code\n"
        "that it is about, and decided. A misprint stands corrected, and what is printed is among what is refuted.\n"
        "This page is what `python reference/formulas.py` prints; the examples are in\n"
        "`reference/formulas_slides.py`, `reference/formulas_schemas.py` and `reference/formulas_papers.py`.\n\n"
        + "\n".join(table())
        + "\n"
    )


if __name__ == "__main__":
    shown = page()
    print(shown, end="")
    raise SystemExit(shown.count("| exact |") != len(FORMULAS))
