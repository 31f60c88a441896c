"""Planted vacuous proofs: each reads vacuous, or is an error; none reads proved, although the solvers say unsat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from verified_cat.check import LAWS
from verified_cat.equation import Equation
from verified_cat.errors import VerifiedCatError
from verified_cat.functions import Arrow
from verified_cat.laws import suite
from verified_cat.objects import UNIT, Ob, Pair, Sort
from verified_cat.primitives import Symbol
from verified_cat.proofs.evidence import by_definition, proof_of
from verified_cat.proofs.hypotheses import Hypotheses, add_on, additive_map, hypotheses, inverse_pair, right_inverse
from verified_cat.proofs.obligations import Obligation, ProofResult, discharge, prove
from verified_cat.proofs.solvers import Answer, Outcome
from verified_cat.proofs.symbols import free
from verified_cat.proofs.worlds import OpaqueFunctions
from verified_cat.report import Strength
from verified_cat.terms import Discard, First, Generator, Identity, Second, Swap, Term

suite.load()
A, B = Sort("A"), Sort("B")
F = OpaqueFunctions()


class Agreeable:
    """A solver that proves everything, and finds no contradiction in what is assumed unless it is told to."""

    def __init__(self, name: str, alone: Answer = "sat") -> None:
        self.name, self.alone = name, alone

    def check(self, text: str, *, quick: bool = False) -> Outcome:
        return Outcome(self.name, "unsat" if "(assert (not" in text else self.alone)


BOTH = [Agreeable("z3"), Agreeable("cvc5")]


def arrow(name: str, dom: Ob = A, cod: Ob = A) -> Arrow:
    return F.generator(Symbol(name, dom, cod))


def assuming(name: str, lhs: Term, rhs: Term, model: dict[Symbol, Any] | None = None) -> Hypotheses:
    return hypotheses(name, {name: (lhs, rhs)}, model or {})


def swapped() -> tuple[Arrow, Arrow]:
    """σ ; σ and id, which are equal, and no trivial goal."""
    return F.compose(F.swap(A, A), F.swap(A, A)), F.identity(Pair(A, A))


f_symbol = Symbol("f", A, A)
f_term = Generator(f_symbol)
pairing_symbol = Symbol("code", Pair(A, A), A)


def changed_model() -> Hypotheses:
    """right_inverse with a model in which e is π₀."""
    group = right_inverse(A)
    return replace(group, model=tuple((symbol, lambda xy: xy[0]) for symbol, _ in group.model))


def collapsed_values() -> Hypotheses:
    """A model whose only value is no value of Z₃."""
    group = right_inverse(A)
    return replace(group, model=tuple((symbol, lambda _: "the only value") for symbol, _ in group.model))


def no_goal() -> ProofResult:
    return discharge(Obligation("empty", ()), BOTH)


def swap_law(*given: Hypotheses, solvers: Any = BOTH) -> ProofResult:
    return prove(*swapped(), given, solvers=solvers)


def one_arrow() -> ProofResult:
    f = arrow("f")
    return prove(f, f, solvers=BOTH)


def same_function() -> ProofResult:
    f = arrow("f")
    return prove(f, Arrow(A, A, f.run), solvers=BOTH)


def made_twice() -> ProofResult:
    return prove(arrow("f"), arrow("f"), solvers=BOTH)


def composed_twice() -> ProofResult:
    return prove(F.compose(arrow("f"), arrow("g")), F.compose(arrow("f"), arrow("g")), solvers=BOTH)


def speaks_of_nothing() -> ProofResult:
    """() = ()."""
    return prove(F.compose(arrow("f"), F.discard(A)), F.discard(A), solvers=BOTH)


def is_assumed() -> ProofResult:
    """h(x + y) = h(x) + h(y) from the additivity of h."""
    group = additive_map(f_symbol)
    lhs, rhs = F.meaning(add_on(A) >> f_term), F.meaning((f_term @ f_term) >> add_on(A))
    return prove(lhs, rhs, [group], solvers=BOTH)


def is_assumed_turned_round() -> ProofResult:
    """x = back(there(x)), from back(there(x)) = x."""
    there, back = Symbol("there", A, B), Symbol("back", B, A)
    lhs = F.compose(arrow("there", A, B), arrow("back", B, A))
    return prove(F.identity(A), lhs, [inverse_pair(there, back)], solvers=BOTH)


def collapsing() -> ProofResult:
    model = {pairing_symbol: lambda x: x[0]}
    code = Generator(pairing_symbol)
    group = hypotheses("both", {"π₀": (code, First(A, A)), "π₁": (code, Second(A, A))}, model)
    return prove(arrow("code", Pair(A, A)), F.first(A, A), [group], solvers=BOTH)


def constant_identity() -> ProofResult:
    """f = id and f(x) = f(y): A has one element."""
    first, second = First(A, A) >> f_term, Second(A, A) >> f_term
    group = hypotheses("constant", {"f = id": (f_term, Identity(A)), "f(x) = f(y)": (first, second)}, {f_symbol: abs})
    return prove(arrow("f"), arrow("g"), [group], solvers=BOTH)


def through_the_unit() -> ProofResult:
    """id = ! ; u: A has one element."""
    point = Symbol("u", UNIT, A)
    group = assuming("one", Identity(A), Discard(A) >> Generator(point), {point: lambda _: 0})
    return prove(arrow("f"), F.compose(F.discard(A), arrow("u", UNIT, A)), [group], solvers=BOTH)


def looks_and_catches() -> ProofResult:
    def sly(x: Any) -> Any:
        try:
            return arrow("f").run(x) if x else x
        except TypeError:
            return x

    return prove(Arrow(A, A, sly), F.identity(A), solvers=BOTH)


def chooses_by_type() -> ProofResult:
    return prove(Arrow(A, A, lambda x: x if isinstance(x, float) else free("f", A, A)(x)), arrow("f"), solvers=BOTH)


def is_no_function() -> ProofResult:
    names = iter(["f", "g", "f", "g"])
    shifty = Arrow(A, A, lambda x: free(next(names), A, A)(x))
    return prove(shifty, Arrow(A, A, free("f", A, A)), solvers=BOTH)


def of_law(state: Callable[..., Any], given: str) -> ProofResult:
    """A law of functions without mutants, through the way that laws take."""
    stated = replace(LAWS["CAT-UNIT"], name="PLANTED", state=state, given=given, worlds=("functions",), mutants=())
    verdict = proof_of(stated, "functions")
    assert verdict.strength is not Strength.PROVED
    status: Any = {Strength.VACUOUS: "vacuous", Strength.NOT_RUN: "error"}.get(verdict.strength, "undecided")
    return ProofResult("PLANTED", status, verdict.reason, ())


def same_object_twice(world: Any, f: Any, g: Any) -> Any:
    both = world.category.compose(f, g)
    return Equation(both, both)


def same_construction_twice(world: Any, f: Any, g: Any) -> Any:
    return Equation(world.category.compose(f, g), world.category.compose(f, g))


def ends_in_one(world: Any, f: Any, g: Any) -> Any:
    c = world.category
    return Equation(c.sequence(f, g, c.discard(c.cod(g))), c.discard(c.dom(f)))


def assumed_of_it(world: Any, h: Any) -> Any:
    c, add = world.source.functions, world.source.additive
    a, b = c.dom(h), c.cod(h)
    return Equation(c.compose(add.merge(a), h), c.compose(c.tensor(h, h), add.merge(b)))


TWO = "f : A -> B; g : B -> C"
of_other_symbols = right_inverse(B)

PLANTED: dict[str, Callable[[], ProofResult]] = {
    "no goal": no_goal,
    "a model that does not satisfy the hypotheses": lambda: swap_law(changed_model()),
    "a model with one value": lambda: swap_law(collapsed_values()),
    "a hypothesis without a model": lambda: swap_law(assuming("f = id", f_term, Identity(A))),
    "σ = id, which no model with two values has": lambda: swap_law(assuming("σ = id", Swap(A, A), Identity(A @ A))),
    "hypotheses with one-element models: f = π₀ = π₁": collapsing,
    "hypotheses with one-element models: a constant identity": constant_identity,
    "hypotheses with one-element models: id goes through 1": through_the_unit,
    "hypotheses that Z3 refutes": lambda: swap_law(
        right_inverse(A), solvers=[Agreeable("z3", "unsat"), Agreeable("cvc5", "unknown")]
    ),
    "hypotheses that cvc5 refutes": lambda: swap_law(
        right_inverse(A), solvers=[Agreeable("z3", "unknown"), Agreeable("cvc5", "unsat")]
    ),
    "hypotheses about other symbols only": lambda: swap_law(of_other_symbols),
    "a goal that mentions nothing": speaks_of_nothing,
    "one arrow on both sides": one_arrow,
    "one function in two arrows": same_function,
    "one symbol made twice": made_twice,
    "one composite made twice": composed_twice,
    "a goal that is a hypothesis": is_assumed,
    "a goal that is a hypothesis, turned round": is_assumed_turned_round,
    "a law that yields one object twice": lambda: of_law(same_object_twice, TWO),
    "a law that makes one object twice": lambda: of_law(same_construction_twice, TWO),
    "a law about what ends in 1": lambda: of_law(ends_in_one, TWO),
    "a law that states what is assumed": lambda: of_law(assumed_of_it, "h : A -o B"),
}

ERRORS: dict[str, Callable[[], ProofResult]] = {
    "a proof past a caught TraceError": looks_and_catches,
    "a proof that chose by type": chooses_by_type,
    "a proof about what is no function": is_no_function,
}


@pytest.mark.parametrize("planted", PLANTED)
def test_is_vacuous(planted: str) -> None:
    result = PLANTED[planted]()
    assert result.status == "vacuous"
    assert result.reason


@pytest.mark.parametrize("planted", ERRORS)
def test_is_an_error(planted: str) -> None:
    with pytest.raises(VerifiedCatError):
        ERRORS[planted]()


def test_twenty_are_planted() -> None:
    assert len(PLANTED) + len(ERRORS) >= 20


def test_the_same_solvers_prove_what_is_not_vacuous() -> None:
    assert swap_law().status == "proved"
    there, back = Symbol("there", A, B), Symbol("back", B, A)
    lhs = F.sequence(arrow("there", A, B), arrow("back", B, A), arrow("g"))
    assert prove(lhs, arrow("g"), [inverse_pair(there, back)], solvers=BOTH).status == "proved"


def test_what_is_one_computation_by_definition_says_so() -> None:
    """Composition of Dual is composition read backwards; a mutant shows that the law is about Dual all the same."""
    verdict = proof_of(LAWS["DUAL-CAT"], "dual")
    assert verdict.strength is not Strength.VACUOUS
    if verdict.strength is Strength.PROVED:  # not run where cvc5 is missing
        assert verdict.reason == "by definition: both sides are one computation, step by step"
    assert by_definition(LAWS["DUAL-CAT"], "dual")
    assert not by_definition(replace(LAWS["DUAL-CAT"], mutants=()), "dual")


def test_trivial_goals_beside_others_are_not_counted() -> None:
    """MON-COH in functions has goals of every kind; the verdict counts those that say something."""
    verdict = proof_of(LAWS["OPTIC"], "optic")
    assert verdict.strength is not Strength.VACUOUS
    assert verdict.witnesses < 31
