"""Equations between terms, and derivatives of terms, proved over uninterpreted operations: they hold in any engine."""

from __future__ import annotations

import importlib.util
from fractions import Fraction

import pytest

from verified_cat import primitives
from verified_cat.dual import Dual
from verified_cat.errors import BoundaryError
from verified_cat.functions import AdditiveMaps, Value
from verified_cat.gad import GAD
from verified_cat.lens import reverse_derivative
from verified_cat.objects import UNIT, space
from verified_cat.observe import observe
from verified_cat.proofs.obligations import ProofResult, prove, prove_terms
from verified_cat.proofs.worlds import OpaqueEngine, OpaqueFunctions, boxed_class
from verified_cat.terms import Copy, Discard, First, Identity, Pairing, Second, Swap, Term

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("cvc5") is None,
    reason="not run: cvc5 not installed (pip install verified-cat[solvers])",
)

S = space(2)
exp, tanh, sin = primitives.exp((2,)), primitives.tanh((2,)), primitives.sin((2,))
add, multiply = primitives.add((2,)), primitives.multiply((2,))

TERMS = [
    exp >> tanh,
    Copy(S) >> multiply,
    Pairing(exp, Identity(S)) >> multiply >> tanh,
    (exp @ sin) >> add >> exp,
    Swap(S, S) >> First(S, S) >> sin,
    Discard(S) >> primitives.constant((2,), 3),
    Second(S, UNIT) >> Discard(UNIT),
    primitives.contract("ij,jk->ik", (2, 3), (3, 4)) >> primitives.scale(Fraction(1, 2), (2, 4)),
]


def modes_agree(term: Term, other: Term) -> ProofResult:
    """(a, w) ↦ (f(a), Jᵀw) by D of ``term``, and by the reverse derivative lens of ``other`` (law GAD-RD)."""
    functions, additive = OpaqueFunctions(), boxed_class(AdditiveMaps)(OpaqueEngine())
    gad = boxed_class(GAD)(functions, Dual(additive))
    seen = observe(gad, gad.differentiate(term))
    value, reverse = functions.meaning(other), functions.meaning(reverse_derivative(other))

    def both(aw: Value) -> Value:
        a, _ = aw
        return value.run(a), reverse.run(aw)

    return prove(seen, functions.arrow(seen.dom, seen.cod, both))


@pytest.mark.parametrize("term", TERMS, ids=str)
def test_stored_and_recomputed_residuals_give_one_derivative(term: Term) -> None:
    result = modes_agree(term, term)
    assert result.status == "proved", result.reason


def test_another_function_has_another_derivative() -> None:
    result = modes_agree(exp >> tanh, tanh >> exp)
    assert result.status == "refuted"
    assert result.counterexample is not None


def test_plumbing_holds_for_all_operations() -> None:
    assert prove_terms(Swap(S, S) >> Swap(S, S), Identity(S @ S)).status == "proved"
    assert prove_terms(Copy(S) >> (exp @ exp), exp >> Copy(S)).status == "proved"


def test_arithmetic_is_no_plumbing() -> None:
    """x + y = y + x is a fact about addition, of which an uninterpreted symbol knows nothing."""
    assert prove_terms(Swap(S, S) >> add, add).status == "refuted"


def test_terms_must_be_parallel() -> None:
    with pytest.raises(BoundaryError, match="start from"):
        prove_terms(exp, add)
