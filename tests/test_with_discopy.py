"""DisCoPy as engines: what is composed is DisCoPy's, and the faults that the suite finds are its own."""

import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from verified_cat.errors import MissingExtra, MissingOperation
from verified_cat.laws import engines, known, suite
from verified_cat.objects import Ob, space
from verified_cat.primitives import add, permute, tanh
from verified_cat.report import Strength
from verified_cat.terms import Generator, Operation, Term

pytest.importorskip("discopy", reason="not run: DisCoPy is not installed; pip install verified-cat[discopy]")

suite.load()
OUTSIDERS = Path(__file__).parent.parent / "docs" / "outsiders"
NAMES = ("discopy", "discopy-python", "discopy-matrix", "discopy-finset")


def category(name: str) -> tuple[Any, Any]:
    engine = engines.engine(name)
    (world,) = engine.worlds
    return engine, engine.category(world)


def the(term: Term) -> Operation:
    assert isinstance(term, Generator)
    return term.operation


def value(engine: Any, ob: Ob, *numbers: int) -> Any:
    return engine.lift(ob, tuple(Fraction(number) for number in numbers))


@pytest.mark.parametrize("name", NAMES)
def test_morphisms_are_those_of_discopy(name: str) -> None:
    _, c = category(name)
    a, b = space(2), space(3)
    assert isinstance(c.compose(c.identity(a), c.identity(a)).inside, c.arrows)
    assert isinstance(c.tensor(c.identity(a), c.identity(b)).inside, c.arrows)
    assert c.associator(a, b, a).inside == c.identity(c.dom(c.associator(a, b, a))).inside or name == "discopy-python"


@pytest.mark.parametrize("name", ("discopy", "discopy-python", "discopy-matrix"))
def test_an_operation_does_what_the_table_says(name: str) -> None:
    engine, c = category(name)
    f = c.generator(the(add((2,))))
    found = c.observe(f).run((value(engine, space(2), 1, 2), value(engine, space(2), 30, 40)))
    assert engine.lower(space(2), found) == (31, 42)


def test_a_finite_function_reads_entries() -> None:
    engine, c = category("discopy-finset")
    f = c.generator(the(permute((2, 3), (1, 0))))
    found = c.observe(f).run(value(engine, space(2, 3), 1, 2, 3, 4, 5, 6))
    assert engine.lower(space(3, 2), found) == (1, 4, 2, 5, 3, 6)
    with pytest.raises(MissingOperation, match="does more than to read entries"):
        c.generator(the(add((2,))))


def test_what_is_not_linear_is_no_matrix() -> None:
    with pytest.raises(MissingOperation, match="tanh is not linear, so it is no matrix"):
        category("discopy-matrix")[1].generator(the(tanh((2,))))


@pytest.mark.parametrize("name", ("discopy", "discopy-python"))
@pytest.mark.parametrize("law", ("CAT-ASSOC", "MON-COH", "CART-COMON"))
def test_laws_hold_in_functions_and_diagrams(name: str, law: str) -> None:
    verdict = suite.row(law, name).worlds["functions"]
    assert verdict.strength is Strength.EXACT, verdict


@pytest.mark.parametrize("name", ("discopy-matrix", "discopy-finset"))
def test_known_failures_still_fail(name: str) -> None:
    entries = known.read(OUTSIDERS / f"{name}.xfails.toml")
    assert entries
    assert all(entry.still_fails(name) for entry in entries.values())


def test_every_failure_of_matrices_is_that_of_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """With Δ as two identities side by side nothing is refuted: there is one fault, and it is not the adapter's."""
    import numpy as np
    from discopy.matrix import Matrix

    rational = Matrix[Fraction]

    def copy(x: int, n: int) -> Any:
        return rational(np.hstack([np.identity(x, dtype=int)] * n) if n else np.zeros((x, 0)), x, n * x)

    def merge(x: int, n: int) -> Any:
        return copy(x, n).transpose()

    engine = engines.ENGINES["discopy-matrix"]()
    monkeypatch.setattr(rational, "copy", staticmethod(copy))
    monkeypatch.setattr(rational, "merge", staticmethod(merge))
    monkeypatch.setattr(engines, "engine", lambda name: engine)
    for law in known.read(OUTSIDERS / "discopy-matrix.xfails.toml"):
        verdict = suite.row(law, "discopy-matrix").worlds["additive"]
        assert verdict.strength is Strength.EXACT, (law, verdict)


def test_every_failure_of_finite_functions_is_that_of_swap(monkeypatch: pytest.MonkeyPatch) -> None:
    """With σ as the permutation that it is nothing is refuted."""
    from discopy.python import finset

    def swap(x: int, y: int) -> Any:
        return finset.Function({i: x + i if i < y else i - y for i in range(x + y)}, x + y, x + y)

    engine = engines.ENGINES["discopy-finset"]()
    monkeypatch.setattr(finset.Function, "swap", staticmethod(swap))
    monkeypatch.setattr(engines, "engine", lambda name: engine)
    for law in ("CAT-UNIT", "MON-ISO", *known.read(OUTSIDERS / "discopy-finset.xfails.toml")):
        verdict = suite.row(law, "discopy-finset").worlds["functions"]
        assert verdict.strength is Strength.EXACT, (law, verdict)


def test_a_missing_package_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins
    import sys

    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name.split(".")[0] == "discopy":
            raise ModuleNotFoundError("No module named 'discopy'", name="discopy")
        return real(name, *rest, **named)

    monkeypatch.delitem(sys.modules, "verified_cat.laws.with_discopy", raising=False)
    monkeypatch.delattr("verified_cat.laws.with_discopy", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r"pip install verified-cat\[discopy\]"):
        engines.ENGINES["discopy"]()


def test_the_scripts_of_the_page_run_and_know_nothing_of_this_package() -> None:
    page = (OUTSIDERS / "discopy.md").read_text(encoding="utf-8")
    scripts = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(scripts) == 4
    assert all("assert" in script and "verified_cat" not in script for script in scripts)
    subprocess.run([sys.executable, "-c", "\n".join(scripts)], check=True, timeout=120)
