"""Observations have the boundary that they say, show every part, and refuse what they cannot show."""

from __future__ import annotations

from typing import Any

import pytest

from verified_cat.category import Terms
from verified_cat.errors import MissingOperation
from verified_cat.functions import Functions
from verified_cat.gad import GAD
from verified_cat.lens import Bundle, Lens
from verified_cat.objects import Ob, Pair, Sort
from verified_cat.observe import observe
from verified_cat.proofs.builders import (
    opaque_additive,
    opaque_differentiable,
    opaque_functional,
    opaque_learner,
    opaque_lens,
    opaque_morphism,
    opaque_para,
)
from verified_cat.proofs.finite import FiniteEngine, values
from verified_cat.proofs.symbols import TraceError
from verified_cat.proofs.worlds import OpaqueEngine, World, boxed_class, world

A, B, P, R = Sort("A"), Sort("B"), Sort("P"), Sort("R")


def arrows(w: World) -> dict[str, tuple[Any, Any, Any, Ob, Ob]]:
    """Per construction: the category, an arbitrary morphism A → B, the functional, the observation's boundary."""
    cont = w.continuations(R)
    gad_cont = GAD(w.functions, cont)
    a, b = Bundle(A, Sort("A'")), Bundle(B, Sort("B'"))
    learner = opaque_learner(w.learn, "f", P, A, B)
    return {
        "functions": (w.functions, opaque_morphism(w.functions, "f", A, B), None, A, B),
        "additive": (w.additive, opaque_additive(w.additive, "f", A, B)[0], None, A, B),
        "dual": (w.dual, opaque_morphism(w.dual, "f", A, B), None, B, A),
        "cont": (cont, opaque_morphism(cont, "f", A, B), opaque_functional(cont), A, R),
        "gad": (w.gad, opaque_differentiable(w.gad, "f", A, B), None, Pair(A, B), Pair(B, A)),
        "forward": (w.forward, opaque_differentiable(w.forward, "f", A, B), None, Pair(A, A), Pair(B, B)),
        "gad of cont": (
            gad_cont,
            opaque_differentiable(gad_cont, "f", A, B),
            opaque_functional(cont),
            Pair(A, A),
            Pair(B, R),
        ),
        "lens": (w.lens, opaque_lens(w.lens, "f", a, b), None, Pair(A, b.back), Pair(B, a.back)),
        "para": (w.para, opaque_para(w.para, "f", P, A, B), None, Pair(P, A), B),
        "learn": (w.learn, learner, None, Pair(Pair(P, A), B), Pair(Pair(B, P), A)),
    }


@pytest.mark.parametrize("name", arrows(world()))
def test_the_boundary_is_kept_on_numbers_and_on_symbols(name: str) -> None:
    results = set()
    for w in (world(), *(world(FiniteEngine(seed=seed), box=False) for seed in range(3))):
        category, morphism, functional, dom, cod = arrows(w)[name]
        seen = observe(category, morphism, functional)
        assert (seen.dom, seen.cod) == (dom, cod)
        results |= set() if w.functions.engine.name == OpaqueEngine.name else set(map(seen.run, values(dom)))
    assert len(results) > 1, "nothing of the morphism is seen"


@pytest.mark.parametrize("name", ["cont", "gad of cont"])
def test_a_continuation_needs_a_functional(name: str) -> None:
    category, morphism, _, dom, _ = arrows(world(FiniteEngine(seed=1), box=False))[name]
    with pytest.raises(MissingOperation, match="functional"):
        observe(category, morphism).run(next(iter(values(dom))))


def test_what_has_no_observation() -> None:
    with pytest.raises(MissingOperation, match="no observation"):
        observe(Terms(), None)
    w = world()
    lens = Lens(w.dual)
    with pytest.raises(MissingOperation, match="over functions"):
        observe(lens, None)
    with pytest.raises(MissingOperation, match="no arbitrary morphism"):
        opaque_morphism(w.para, "f", A, B)


def test_boxing_mixes_into_what_makes_arrows_alone() -> None:
    assert boxed_class(Lens) is Lens
    assert issubclass(boxed_class(Functions), Functions)
    assert boxed_class(GAD) is not GAD


def test_the_opaque_engine_refuses_what_is_no_operation() -> None:
    with pytest.raises(TraceError, match="neither"):
        OpaqueEngine().operation(object())  # type: ignore[arg-type]
