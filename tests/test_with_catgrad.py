"""catgrad as an engine: what its diagrams do, what is refuted in it, and the page that says so."""

from __future__ import annotations

import re
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from verified_cat import primitives as p
from verified_cat.category import interpret
from verified_cat.check import LAWS
from verified_cat.errors import DataError, MissingExtra, MissingOperation
from verified_cat.functions import Functions
from verified_cat.gad import reverse_mode
from verified_cat.laws import engines, known, suite
from verified_cat.objects import SCALAR, UNIT, Pair, Space, flatten, space
from verified_cat.observe import observe
from verified_cat.reference.cases import every_small_case
from verified_cat.report import Strength
from verified_cat.sampling import sampled
from verified_cat.terms import Copy, Discard, First, Pairing, Second, Term

HERE = Path(__file__).resolve().parent.parent / "docs" / "outsiders"
present = pytest.mark.skipif(
    find_spec("catgrad") is None or find_spec("torch") is None,
    reason="not run: catgrad is not installed (pip install verified-cat[catgrad], in an environment of its own)",
)


def test_without_catgrad_its_rows_say_what_is_missing() -> None:
    if find_spec("catgrad") is None:
        with pytest.raises(MissingExtra, match=r"catgrad engine needs catgrad: pip install verified-cat\[catgrad\]"):
            engines.engine("catgrad")
        suite.load()
        verdict = suite.row("CAT-UNIT", "catgrad").worlds["functions"]
        assert verdict.strength is Strength.NOT_RUN
        assert "verified-cat[catgrad]" in verdict.reason
    else:
        assert engines.engine("catgrad").name == "catgrad"


def same(term: Term, exact: Any, library: str = "catgrad") -> None:
    """catgrad computes the term, its optic and its R within the bound derived here."""
    engine, bounds = engines.engine(library), engines.bounds_for("float32")
    for world in ("functions", "D"):
        category = engine.category(world)
        found = category.observe(interpret(term, category))
        here = Functions(bounds) if world == "functions" else reverse_mode(bounds)
        expected = observe(here, interpret(term, here))
        assert (found.dom, found.cod) == (expected.dom, expected.cod)
        at = exact if world == "functions" else (exact, _ones(term.cod))
        ball = expected.run(bounds.lift(expected.dom, at))
        got = engine.lower(found.cod, found.run(engine.lift(found.dom, at)))
        triples = (
            flatten(found.cod, each) for each in (got, bounds.lower(found.cod, ball), bounds.bound(found.cod, ball))
        )
        for values, middles, errors in zip(*triples, strict=True):
            for value, middle, error in zip(values, middles, errors, strict=True):
                assert abs(value - middle) <= 2 * error


def _ones(ob: Any) -> Any:
    if isinstance(ob, Pair):
        return _ones(ob.left), _ones(ob.right)
    return () if ob == UNIT else _eighths(ob)


def _eighths(ob: Space, start: int = 1) -> tuple[Fraction, ...]:
    size = 1
    for length in ob.shape:
        size *= length
    return tuple(Fraction(start + number, 8) for number in range(size))


def exact_value(ob: Any) -> Any:
    if isinstance(ob, Pair):
        return exact_value(ob.left), exact_value(ob.right)
    return () if ob == UNIT else _eighths(ob, 3)


@present
def test_every_operation_that_it_has_is_the_one_of_the_table_and_so_is_its_derivative() -> None:
    from verified_cat.laws.catgrad_operations import OPERATIONS
    from verified_cat.terms import Generator

    met = set()
    for operation in every_small_case():
        if operation.name in OPERATIONS:
            met.add(operation.name)
            same(Generator(operation), exact_value(operation.dom))
    assert met == set(OPERATIONS)


@present
def test_contractions_of_every_kind() -> None:
    for subscripts, left, right in (
        ("ij,jk->ik", (2, 3), (3, 2)),
        ("ij,jk->ki", (2, 3), (3, 2)),
        ("i,j->ij", (2,), (3,)),
        ("i,i->", (3,), (3,)),
        ("ijk,kj->i", (2, 3, 2), (2, 3)),
        ("bij,bjk->bik", (2, 2, 3), (2, 3, 1)),
        ("ij,ij->i", (2, 3), (2, 3)),
        ("ij,ij->ji", (2, 3), (2, 3)),
    ):
        same(p.contract(subscripts, left, right), exact_value(Pair(space(*left), space(*right))))


@present
def test_plumbing_on_trees_with_units_and_empty_spaces() -> None:
    tree = Pair(Pair(UNIT, space(2)), Pair(space(0, 1), SCALAR))
    same(Copy(tree), exact_value(tree))
    same(Pairing(Second(tree, tree), First(tree, tree)), exact_value(Pair(tree, tree)))
    same(Discard(tree) >> p.constant((2, 1), 1, 2), exact_value(tree))


@present
def test_what_it_lacks_is_missing() -> None:
    engine = engines.engine("catgrad")
    for name in ("exp", "log", "sin", "cos", "tanh"):
        with pytest.raises(MissingOperation, match=name):
            engine.operation(p.Primitive(name, ((),)))
    with pytest.raises(MissingOperation, match="not linear"):
        engine.category("additive").generator(p.Primitive("relu", ((),)))


@present
@pytest.mark.parametrize(("law", "world"), [("RD.5", "R"), ("PARA-COMP", "para"), ("CART-COMON", "D")])
def test_laws_hold(law: str, world: str) -> None:
    suite.load()
    engine = engines.engine("catgrad")
    verdict = sampled(LAWS[law], world, engine, engines.bounds_for("float32"), 5)
    assert verdict.strength is Strength.SAMPLED, verdict


@present
def test_a_wrong_composition_of_optics_would_be_refuted() -> None:
    """The adapter does not mend: a composition that forgets an endomorphic first map is seen."""
    from verified_cat.laws.with_catgrad import CatgradEngine, Diagram, Optics

    class Wrong(Optics):
        def compose(self, f: Diagram, g: Diagram) -> Diagram:
            return g if f.dom == f.cod else super().compose(f, g)

    class WrongEngine(CatgradEngine):
        def category(self, world: str) -> Any:
            return Wrong(self) if world == "D" else super().category(world)

    suite.load()
    verdict = sampled(LAWS["D-FUNCT"], "D", WrongEngine(), engines.bounds_for("float32"), 15, shrink=False)
    assert verdict.strength is Strength.REFUTED


@present
def test_comparisons_give_truth_values_on_a_wire_of_numbers() -> None:
    engine = engines.engine("catgrad")
    twice = Copy(SCALAR) >> (p.step(()) @ p.step(())) >> p.add(())
    category = engine.category("functions")
    run = category.observe(interpret(twice, category)).run
    assert engine.lower(SCALAR, run(engine.lift(SCALAR, (Fraction(1),)))) == (1.0,)  # and [1 > 0] + [1 > 0] = 2


@present
def test_constants_over_torch_have_no_shape() -> None:
    engine = engines.engine("catgrad-torch")
    made = engine.operation(p.Primitive("constant", ((2,), (Fraction(1),))))(())
    with pytest.raises(DataError, match=r"shape \(\) on a wire R\[2\]"):
        engine.lower(space(2), made)


@present
def test_known_failures_still_fail() -> None:
    suite.load()
    entries = known.read(HERE / "catgrad.xfails.toml")
    assert set(entries) == {"OPT-PROD", "OPT-EQUIV", "OPT-DEF"}
    assert all(entry.still_fails("catgrad") for entry in entries.values())


@present
def test_the_python_of_the_page_runs() -> None:
    """Each block is about catgrad alone."""
    text = (HERE / "catgrad.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 4
    assert not any("verified_cat" in block for block in blocks)
    namespace: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, "docs/outsiders/catgrad.md", "exec"), namespace)  # noqa: S102  our own page
