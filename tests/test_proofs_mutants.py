"""Wrong implementations of the running code: each is refuted, with a counterexample that the code itself replays."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from verified_cat.cont import Cont, Continuation
from verified_cat.dual import Dual
from verified_cat.functions import Arrow, Functions, exchange_middle, fork, left_of, pairwise, right_of, same
from verified_cat.gad import GAD, Differentiable, chain, cross
from verified_cat.learn import (
    GradientLearning,
    Learn,
    Learner,
    implement_after,
    keep,
    request_after,
    requesting,
    update_after,
    updating,
    valued,
)
from verified_cat.lens import Lens, LensMap
from verified_cat.objects import UNIT, Ob, Pair
from verified_cat.para import Para, ParaMap, Reparam
from verified_cat.proofs.catalogue import STATEMENTS
from verified_cat.proofs.statements import prove_statement, replay
from verified_cat.proofs.worlds import SymbolicAdditive, one_sort, world


class ParametersExchanged(Para[Any]):
    def compose(self, f: ParaMap[Any], g: ParaMap[Any]) -> ParaMap[Any]:
        base, p, q, a = self.base, f.param, g.param, f.dom
        inside = base.sequence(base.associator(p, q, a), base.tensor(base.identity(p), f.inside), g.inside)
        return ParaMap(base.pair(p, q), a, g.cod, inside)


class TensorExchanged(Para[Any]):
    def tensor(self, f: ParaMap[Any], g: ParaMap[Any]) -> ParaMap[Any]:
        right = super().tensor(f, g)
        swapped = self.base.tensor(self.base.swap(g.param, f.param), self.base.identity(right.dom))
        return ParaMap(right.param, right.dom, right.cod, self.base.compose(swapped, right.inside))


class ReparametrisationIgnored(Para[Any]):
    def reparam(self, f: ParaMap[Any], along: Any) -> ParaMap[Any]:
        return f


class HorizontalExchanged(Para[Any]):
    def horizontal(self, first: Reparam[Any], second: Reparam[Any]) -> Reparam[Any]:
        right = super().horizontal(first, second)
        return Reparam(right.source, right.target, self.base.tensor(second.along, first.along))


class VerticalReversed(Para[Any]):
    def vertical(self, first: Reparam[Any], second: Reparam[Any]) -> Reparam[Any]:
        return Reparam(first.source, second.target, self.base.compose(first.along, second.along))


class DualNotReversed(Dual[Arrow]):
    def compose(self, f: Arrow, g: Arrow) -> Arrow:
        return self.k.compose(f, g)


class DualProjectsTheOther(Dual[Arrow]):
    def first(self, a: Any, b: Any) -> Arrow:
        return self.k.inject_second(a, b)


class ChainReversed(GAD):
    def compose(self, f: Differentiable, g: Differentiable) -> Differentiable:
        return self.of(f.dom, g.cod, chain(f.run, g.run, lambda df, dg: self.k.compose(dg, df)))


class SecondDerivativeAtTheInput(GAD):
    def compose(self, f: Differentiable, g: Differentiable) -> Differentiable:
        def composite(a: Any) -> Any:
            b, df = f.run(a)
            c, _ = g.run(b)
            _, dg = g.run(a)
            return c, self.k.compose(df, dg)

        return self.of(f.dom, g.cod, composite)


class CrossExchanged(GAD):
    def tensor(self, f: Differentiable, g: Differentiable) -> Differentiable:
        run = cross(f.run, g.run, lambda df, dg: self.k.tensor(dg, df))
        return self.of(Pair(f.dom, g.dom), Pair(f.cod, g.cod), run)


class PutAtTheInput(Lens[Arrow]):
    def compose(self, f: LensMap[Arrow], g: LensMap[Arrow]) -> LensMap[Arrow]:
        base, right = self.base, super().compose(f, g)
        put = base.compose(base.pairing(base.first(f.dom.front, g.cod.back), g.put), f.put)
        return LensMap(right.dom, right.cod, right.get, put)


class PutReturnsTheInput(Lens[Arrow]):
    def identity(self, a: Any) -> LensMap[Arrow]:
        return LensMap(a, a, self.base.identity(a.front), self.base.first(a.front, a.back))


class UpdatedParametersInRequest(Learn):
    def compose(self, f: Learner, g: Learner) -> Learner:
        def request(x: Any) -> Any:
            qb, c = x
            _, b = qb
            return g.request(((g.update(x), b), c))

        return self.of(
            Pair(f.param, g.param),
            f.dom,
            g.cod,
            implement_after(f.implement, g.implement),
            update_after(f.implement, f.update, g.update, request),
            request_after(f.implement, f.request, g.request),
        )


class RequestSkipped(Learn):
    def compose(self, f: Learner, g: Learner) -> Learner:
        return self.of(
            Pair(f.param, g.param),
            f.dom,
            g.cod,
            implement_after(f.implement, g.implement),
            update_after(f.implement, f.update, g.update, g.request),
            request_after(f.implement, f.request, right_of),
        )


class IdentityRequestsTheInput(Learn):
    def identity(self, a: Ob) -> Learner:
        def request(x: Any) -> Any:
            pa, _ = x
            return right_of(pa)

        return self.of(UNIT, a, a, right_of, keep, request)


class DoubleStep(GradientLearning):
    def __call__(self, f: ParaMap[Differentiable]) -> Learner:
        run, derivative, step = f.inside.run, self.error.derivative(f.cod), self.step(f.param)

        def twice(x: Any) -> Any:
            p, dp = x
            return step((step((p, dp)), dp))

        inverse = self.error.inverse(f.dom)
        update, request = updating(run, derivative, twice), requesting(run, derivative, inverse)
        return self.learn.of(f.param, f.dom, f.cod, valued(run), update, request)


class ErrorTurnedRound(GradientLearning):
    def __call__(self, f: ParaMap[Differentiable]) -> Learner:
        run, derivative, inverse = f.inside.run, self.error.derivative(f.cod), self.error.inverse(f.dom)

        def turned(x: Any) -> Any:
            y, b = x
            return derivative((b, y))

        update, request = updating(run, turned, self.step(f.param)), requesting(run, turned, inverse)
        return self.learn.of(f.param, f.dom, f.cod, valued(run), update, request)


class InverseOfTheGradient(GradientLearning):
    def __call__(self, f: ParaMap[Differentiable]) -> Learner:
        right, inverse = super().__call__(f), self.error.inverse(f.dom)

        def turned(x: Any) -> Any:
            a, da = x
            return inverse((da, a))

        request = requesting(f.inside.run, self.error.derivative(f.cod), turned)
        return self.learn.of(f.param, f.dom, f.cod, right.implement, right.update, request)


class InjectTwice(SymbolicAdditive):
    def inject_first(self, a: Ob, b: Ob) -> Arrow:
        return self.arrow(a, Pair(a, b), lambda x: (x, x))


class SumDropsTheSecond(SymbolicAdditive):
    def sum_of(self, ob: Ob) -> Any:
        return pairwise(self.sum_of(ob.left), left_of) if isinstance(ob, Pair) else super().sum_of(ob)


class SwapDoesNothing(Functions):
    def swap(self, a: Ob, b: Ob) -> Arrow:
        return self.arrow(Pair(a, b), Pair(b, a), same)


class PairingReversed(Functions):
    def pairing(self, f: Arrow, g: Arrow) -> Arrow:
        return self.arrow(f.dom, Pair(f.cod, g.cod), fork(g.run, f.run))


class MiddleFourOnce(Functions):
    def middle_four(self, a: Ob, b: Ob, c: Ob, d: Ob) -> Arrow:
        def wrong(x: Any) -> Any:
            left, right = exchange_middle(x)
            return right, left

        return self.arrow(Pair(Pair(a, b), Pair(c, d)), Pair(Pair(a, c), Pair(b, d)), wrong)


class ContReversed(Cont[Arrow]):
    def compose(self, f: Continuation[Arrow], g: Continuation[Arrow]) -> Continuation[Arrow]:
        return Continuation(f.dom, g.cod, lambda h: g.transform(f.transform(h)))


class ContTensorExchanged(Cont[Arrow]):
    def tensor(self, f: Continuation[Arrow], g: Continuation[Arrow]) -> Continuation[Arrow]:
        right, k = super().tensor(f, g), self.k
        return Continuation(right.dom, right.cod, lambda h: k.compose(k.swap(f.dom, g.dom), right.transform(h)))


MUTANTS: list[tuple[str, type[Any], str]] = [
    ("para", ParametersExchanged, "PARA-COMP"),
    ("para", TensorExchanged, "PARA-COMP"),
    ("para", ReparametrisationIgnored, "PARA-2CAT"),
    ("para", HorizontalExchanged, "PARA-2CAT"),
    ("para", VerticalReversed, "PARA-2CAT"),
    ("dual", DualNotReversed, "DUAL-CAT"),
    ("dual", DualProjectsTheOther, "CART of dual"),
    ("gad", ChainReversed, "D-RULES reverse chain rule"),
    ("gad", SecondDerivativeAtTheInput, "D-RULES reverse chain rule"),
    ("gad", CrossExchanged, "D-RULES cross and pairing"),
    ("lens", PutAtTheInput, "LENS-CAT composition"),
    ("lens", PutReturnsTheInput, "CAT of lenses"),
    ("learn", UpdatedParametersInRequest, "LEARN-COMP"),
    ("learn", RequestSkipped, "LEARN-CAT"),
    ("learn", IdentityRequestsTheInput, "LEARN-ID"),
    ("gradient_learning", DoubleStep, "L-DEF"),
    ("gradient_learning", ErrorTurnedRound, "L-FUNCT identity"),
    ("gradient_learning", InverseOfTheGradient, "L-FUNCT composition"),
    ("additive", InjectTwice, "ADD-BIPROD"),
    ("additive", SumDropsTheSecond, "ADD-JAM"),
    ("functions", SwapDoesNothing, "MON-ISO naturality of functions"),
    ("functions", PairingReversed, "CART of functions"),
    ("functions", MiddleFourOnce, "PARA-INTERCHANGE"),
    ("cont", ContReversed, "CONT-FUNCT"),
    ("cont", ContTensorExchanged, "CONT-FUNCT"),
]


@pytest.mark.parametrize(("place", "mutant", "name"), MUTANTS, ids=lambda x: getattr(x, "__name__", x))
def test_refuted_and_replayed(place: str, mutant: type[Any], name: str) -> None:
    changed: dict[str, Any] = {place: mutant}
    result = prove_statement(name, world(sort=one_sort, **changed))
    assert result.status == "refuted", result.reason
    found = replay(name, sort=one_sort, **changed)
    assert found is not None, "the code gives the same numbers on both sides"
    assert found.lhs != found.rhs


@pytest.mark.skipif(
    importlib.util.find_spec("cvc5") is None,
    reason="not run: cvc5 not installed (pip install verified-cat[solvers])",
)
@pytest.mark.parametrize("name", sorted({name for _, _, name in MUTANTS}))
def test_what_refutes_them_is_proved_of_the_code_in_the_same_world(name: str) -> None:
    result = prove_statement(name, world(sort=one_sort))
    assert result.status == "proved", result.reason


def test_a_coherence_law_alone_does_not_see_a_double_step() -> None:
    """L is a functor for any update rule, so only the definition tells one step from two."""
    for name in ("L-FUNCT composition", "L-FUNCT identity", "L-MON"):
        assert replay(name, sort=one_sort, gradient_learning=DoubleStep) is None
    assert replay("L-DEF", sort=one_sort, gradient_learning=DoubleStep) is not None


def test_a_wrong_chain_rule_can_still_be_a_category() -> None:
    """The category laws hold of derivatives taken at the wrong point; the formula refutes them."""
    assert replay("CAT of reverse mode", sort=one_sort, gad=SecondDerivativeAtTheInput) is None
    assert replay("CAT of lenses", sort=one_sort, lens=PutAtTheInput) is None


def test_every_construction_has_a_mutant() -> None:
    places = {place for place, _, _ in MUTANTS}
    assert places >= {"functions", "additive", "dual", "gad", "cont", "para", "lens", "learn", "gradient_learning"}
    assert {name for _, _, name in MUTANTS} <= set(STATEMENTS)
