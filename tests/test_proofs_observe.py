"""Observations have the boundary that they say, show every part, and refuse what they cannot show."""

from __future__ import annotations

import re
from typing import Any

import pytest

from verified_cat.begin import Begin
from verified_cat.category import Terms
from verified_cat.cont import Cont
from verified_cat.dual import Dual
from verified_cat.errors import MissingOperation
from verified_cat.functions import Functions
from verified_cat.gad import GAD
from verified_cat.lens import Bundle, Lens
from verified_cat.objects import SCALAR, Ob, Pair, Sort
from verified_cat.observe import boundary, observe
from verified_cat.optic import Optic
from verified_cat.proofs.finite import FiniteEngine, values
from verified_cat.proofs.sources import OpaqueSource
from verified_cat.proofs.symbols import TraceError
from verified_cat.proofs.worlds import OpaqueEngine, boxed_class
from verified_cat.worlds import world

A, B, P = Sort("A"), Sort("B"), Sort("f.P")

BOUNDARIES: dict[str, tuple[Ob, Ob]] = {
    "functions": (A, B),
    "additive": (A, B),
    "dual": (B, A),
    "cont": (A, SCALAR),
    "begin": (Pair(SCALAR, SCALAR), B),
    "D": (Pair(A, B), Pair(B, A)),
    "forward": (Pair(A, A), Pair(B, B)),
    "lens": (Pair(A, Sort("B back")), Pair(B, Sort("A back"))),
    "optic": (Pair(A, Sort("B back")), Pair(B, Sort("A back"))),
    "para": (Pair(P, A), B),
    "para over D": (Pair(Pair(P, A), B), Pair(B, Pair(P, A))),
    "learn": (Pair(Pair(P, A), B), Pair(Pair(B, P), A)),
}


def generic(name: str, source: OpaqueSource) -> tuple[Any, Any]:
    """A world and an arbitrary morphism A → B of it."""
    where = world(name, source)
    return where, where.morphism("f", where.object("A"), where.object("B"))


@pytest.mark.parametrize("name", BOUNDARIES)
def test_the_boundary_is_kept_on_numbers_and_on_symbols(name: str) -> None:
    where, morphism = generic(name, OpaqueSource())
    seen = where.observe(morphism)
    assert (seen.dom, seen.cod) == BOUNDARIES[name]
    results = set()
    for seed in range(3):
        where, morphism = generic(name, OpaqueSource(FiniteEngine(seed=seed)))
        seen = where.observe(morphism)
        assert (seen.dom, seen.cod) == BOUNDARIES[name]
        results |= set(map(seen.run, values(seen.dom)))
    assert len(results) > 1, "nothing of the morphism is seen"


@pytest.mark.parametrize("name", ["cont", "begin"])
@pytest.mark.parametrize("over_gad", [False, True])
def test_a_continuation_or_beginning_needs_a_probe(name: str, over_gad: bool) -> None:
    source = OpaqueSource(FiniteEngine(seed=1))
    where, morphism = generic(name, source)
    category: Any = where.category
    if over_gad:
        category = GAD(source.functions, category)
        morphism = category.identity(A)
    with pytest.raises(MissingOperation, match="at a probe"):
        seen = observe(category, morphism)
        seen.run(next(iter(values(seen.dom))))


def test_boundaries_of_what_derivatives_may_be_seen_in() -> None:
    maps = OpaqueSource().additive
    cont, begin = Cont(maps, SCALAR), Begin(maps, P)
    assert boundary(maps, A, B) == (A, B)
    assert (boundary(cont, A, B), boundary(begin, A, B)) == ((A, SCALAR), (P, B))
    assert (boundary(Dual(maps), A, B), boundary(Dual(Dual(maps)), A, B)) == ((B, A), (A, B))
    assert (boundary(Dual(cont), A, B), boundary(Dual(begin), A, B)) == ((B, SCALAR), (P, A))


def test_what_has_no_observation() -> None:
    with pytest.raises(MissingOperation, match="no observation"):
        observe(Terms(), None)
    source = OpaqueSource()
    with pytest.raises(MissingOperation, match="over functions"):
        observe(Lens(world("dual", source).category), Bundle(A, A))
    optic = Optic(world("dual", source).category)
    with pytest.raises(MissingOperation, match=f"^{re.escape(optic.name)}: only an optic over functions is observed$"):
        observe(optic, optic.identity(Bundle(A, A)))


def test_boxing_mixes_into_what_makes_arrows_alone() -> None:
    assert boxed_class(Lens) is Lens
    assert issubclass(boxed_class(Functions), Functions)
    assert boxed_class(GAD) is not GAD


def test_on_numbers_nothing_is_boxed() -> None:
    source = OpaqueSource(FiniteEngine())
    category = GAD(source.functions, source.additive)
    assert source.prepare(category) is category
    assert type(OpaqueSource().prepare(category)) is not GAD


def test_the_opaque_engine_refuses_what_is_no_operation() -> None:
    with pytest.raises(TraceError, match="neither"):
        OpaqueEngine().operation(object())  # type: ignore[arg-type]
