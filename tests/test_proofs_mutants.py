"""Wrong implementations of the running code: each is refuted, with a counterexample that the code itself replays."""

from __future__ import annotations

from typing import Any

import pytest

from verified_cat.check import LAWS
from verified_cat.cont import Cont, Continuation
from verified_cat.functions import exchange_middle, fork
from verified_cat.gad import chain
from verified_cat.laws import suite
from verified_cat.learn import GradientLearning, requesting
from verified_cat.objects import Pair
from verified_cat.para import Para, ParaMap, Reparam
from verified_cat.proofs.evidence import proof_of, replayed
from verified_cat.report import Strength
from verified_cat.worlds import Mutant

suite.load()


def ignored(para: Any, f: Any, along: Any) -> Any:
    """No reparametrisation where it fits."""
    right = Para.reparam(para, f, along)
    return ParaMap(right.param, f.dom, f.cod, f.inside) if right.param == f.param else right


def exchanged_horizontally(para: Any, first: Any, second: Any) -> Any:
    right = Para.horizontal(para, first, second)
    return Reparam(right.source, right.target, para.base.tensor(second.along, first.along))


def reversed_vertically(para: Any, first: Any, second: Any) -> Any:
    return Reparam(first.source, second.target, para.base.compose(first.along, second.along))


def projects_the_other(dual: Any, a: Any, b: Any) -> Any:
    return dual.k.inject_second(a, b)


def reversed_chain(gad: Any, f: Any, g: Any) -> Any:
    return gad.of(f.dom, g.cod, chain(f.run, g.run, lambda df, dg: gad.k.compose(dg, df)))


def swap_does_nothing(functions: Any, a: Any, b: Any) -> Any:
    return functions.arrow(Pair(a, b), Pair(b, a), lambda x: x)


def reversed_pairing(functions: Any, f: Any, g: Any) -> Any:
    return functions.arrow(f.dom, Pair(f.cod, g.cod), fork(g.run, f.run))


def once_too_often(functions: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    def wrong(x: Any) -> Any:
        left, right = exchange_middle(x)
        return right, left

    return functions.arrow(Pair(Pair(a, b), Pair(c, d)), Pair(Pair(a, c), Pair(b, d)), wrong)


def exchanged_tensor(cont: Any, f: Any, g: Any) -> Any:
    right, k = Cont.tensor(cont, f, g), cont.k
    return Continuation(right.dom, right.cod, lambda h: k.compose(k.swap(f.dom, g.dom), right.transform(h)))


def inverse_of_the_gradient(learning: Any, f: Any) -> Any:
    right, inverse = GradientLearning.__call__(learning, f), learning.error.inverse(f.dom)

    def turned(x: Any) -> Any:
        a, da = x
        return inverse((da, a))

    request = requesting(f.inside.run, learning.error.derivative(f.cod), turned)
    return learning.learn.of(f.param, f.dom, f.cod, right.implement, right.update, request)


INVERSE = Mutant("para over D", {"__call__": inverse_of_the_gradient}, "the inverse is asked at ∂E/∂a", part="learning")

FURTHER: list[tuple[str, Mutant]] = [
    ("PARA-2CAT", Mutant("para", {"reparam": ignored}, "reparametrisations are ignored")),
    ("PARA-2CAT", Mutant("para", {"horizontal": exchanged_horizontally}, "r ⊗ s is taken for s ⊗ r")),
    ("PARA-2CAT", Mutant("para", {"vertical": reversed_vertically}, "2-cells compose the wrong way round")),
    ("CART-UNIV", Mutant("dual", {"first": projects_the_other}, "π₀ of Dual is ι₁ of k")),
    ("D-RULES", Mutant("D", {"compose": reversed_chain}, "the pullbacks compose in the order of the maps")),
    ("MON-ISO", Mutant("functions", {"swap": swap_does_nothing}, "σ does nothing")),
    ("CART-UNIV", Mutant("functions", {"pairing": reversed_pairing}, "⟨f, g⟩ is taken for ⟨g, f⟩")),
    ("MON-MID4", Mutant("functions", {"middle_four": once_too_often}, "the halves are exchanged as well")),
    ("CONT-FUNCT", Mutant("cont", {"tensor": exchanged_tensor}, "f ⊗ g exchanges its inputs")),
    (
        "L-FUNCT",
        Mutant("para over D", {"__call__": inverse_of_the_gradient}, "the inverse is asked at ∂E/∂a", part="learning"),
    ),
]
"""Beside the mutants that the laws bring along."""

NOT_OF_SYMBOLS = {
    "scale s is taken for x ↦ x + s": "it speaks of an operation of the table",
    "the sum of pairs forgets one summand's left half": "an opaque object is no pair",
    "Δ forgets the second copy": "an additive map of Z₃ into itself that is no multiple is needed",
    "D[f](a, v) is f(a + v) - f(a)": "+ is that of Z₃, and the functions of its models are linear",
    "the two parameters are exchanged": "PARA-INTERCHANGE exchanges them on both sides where all objects are one",
}
"""Mutants that no finite model of one opaque object tells apart, which the exact engine refutes (META-MUT)."""

OWN = [
    (law.name, mutant)
    for law in LAWS.values()
    if not law.without_solver and not law.floats
    for mutant in law.mutants
    if mutant.says not in NOT_OF_SYMBOLS
]


def ids(value: Any) -> str:
    return f"{value.world}: {value.says}" if isinstance(value, Mutant) else str(value)


@pytest.mark.parametrize(("law", "mutant"), OWN + FURTHER, ids=ids)
def test_refuted_and_replayed(law: str, mutant: Mutant) -> None:
    verdict = proof_of(LAWS[law], mutant.world, mutant)
    assert verdict.strength is Strength.REFUTED, verdict.reason
    assert verdict.example["model"].startswith("Z3, seed")
    found = replayed(LAWS[law], mutant.world, mutant) or replayed(LAWS[law], mutant.world, mutant, assuming=False)
    assert found is not None, "the code gives the same numbers on both sides"
    assert found.lhs != found.rhs


def test_enough_are_refuted() -> None:
    assert len(OWN) + len(FURTHER) >= 90
    broken = {mutant.world for _, mutant in OWN}
    assert broken >= {"functions", "additive", "dual", "cont", "forward", "D", "lens", "para", "para over D", "learn"}


def test_a_harmless_change_is_not_refuted() -> None:
    def padded(functions: Any, f: Any, g: Any) -> Any:
        proper: Any = type(functions).__mro__[1]
        return proper.compose(functions, f, g)

    harmless = Mutant("functions", {"compose": padded}, "nothing")
    verdict = proof_of(LAWS["CAT-ASSOC"], "functions", harmless)
    assert verdict.strength is Strength.UNDECIDED
    assert replayed(LAWS["CAT-ASSOC"], "functions", harmless) is None


def _mutant(law: str, says: str) -> Mutant:
    return next(mutant for mutant in LAWS[law].mutants if says in mutant.says)


def test_a_coherence_law_alone_does_not_see_a_double_step() -> None:
    """L is a functor for any update rule, so only the definition tells one step from two."""
    twice = _mutant("L-DEF", "update is applied twice")
    for law in ("L-FUNCT", "L-MON"):
        assert proof_of(LAWS[law], "para over D", twice).strength is not Strength.REFUTED
    assert proof_of(LAWS["L-DEF"], "para over D", twice).strength is Strength.REFUTED


def test_a_wrong_chain_rule_can_still_be_a_category() -> None:
    """The category laws hold of derivatives taken at the wrong point; the formula refutes them."""
    wrong = _mutant("D-RULES", "instead of f(a)")
    assert proof_of(LAWS["CAT-UNIT"], "D", wrong).strength is not Strength.REFUTED
    assert proof_of(LAWS["D-RULES"], "D", wrong).strength is Strength.REFUTED
