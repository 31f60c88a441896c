"""What must never count as a proof: one solver, an unknown, a crash, a contradiction, a look inside a value."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable
from typing import Any

import pytest

from verified_cat.equation import Equation
from verified_cat.errors import BoundaryError
from verified_cat.functions import Arrow
from verified_cat.objects import UNIT, Ob, Pair, Sort
from verified_cat.observe import observe
from verified_cat.para import Para
from verified_cat.primitives import Symbol
from verified_cat.proofs.hypotheses import (
    Hypotheses,
    additive_map,
    commutative_monoid,
    error_derivative,
    hypotheses,
    inverse_pair,
    right_inverse,
)
from verified_cat.proofs.obligations import (
    Goal,
    Obligation,
    ProofResult,
    discharge,
    model_failure,
    prove,
    registered_model,
    traced,
)
from verified_cat.proofs.smtlib import smtlib
from verified_cat.proofs.solvers import Answer, Outcome, SolverDisagreement
from verified_cat.proofs.symbols import TraceError, boxed, free, node, variable
from verified_cat.proofs.worlds import OpaqueFunctions
from verified_cat.terms import First, Generator, Identity, Second, Swap

A, B, C = Sort("A"), Sort("B"), Sort("C")
F = OpaqueFunctions()


def opaque_arrow(category: OpaqueFunctions, name: str, dom: Ob, cod: Ob) -> Arrow:
    """An arbitrary function dom → cod."""
    return category.generator(Symbol(name, dom, cod))


class Fake:
    """A solver that says what it is told to say; ``alone`` of the hypotheses alone."""

    def __init__(self, name: str, answer: Answer, alone: Answer = "sat") -> None:
        self.name, self.answer, self.alone = name, answer, alone

    def check(self, text: str, *, quick: bool = False) -> Outcome:
        return Outcome(self.name, self.answer if "(assert (not" in text else self.alone, "told to")


def true_law(solvers: list[Any], given: tuple[Hypotheses, ...] = ()) -> ProofResult:
    """σ ; σ = id, which holds."""
    there = F.compose(F.swap(A, B), F.swap(B, A))
    return prove(there, F.identity(Pair(A, B)), given, solvers=solvers)


# ------------------------------------------------------------------------------------------------ answers


def test_both_unsat_is_a_proof() -> None:
    assert true_law([Fake("z3", "unsat"), Fake("cvc5", "unsat")]).status == "proved"


@pytest.mark.parametrize(
    "said",
    [
        [Fake("z3", "unsat")],
        [Fake("cvc5", "unsat")],
        [Fake("z3", "unsat"), Fake("cvc5", "unknown")],
        [Fake("z3", "unknown"), Fake("cvc5", "unsat")],
        [Fake("z3", "unknown"), Fake("cvc5", "unknown")],
        [Fake("z3", "unsat"), Fake("cvc5", "not run")],
        [Fake("z3", "unsat"), Fake("z3", "unsat")],
        [],
    ],
    ids=lambda said: "+".join(f"{s.name} {s.answer}" for s in said) or "none",
)
def test_less_than_two_unsat_is_undecided(said: list[Fake]) -> None:
    result = true_law(list(said))
    assert result.status == "undecided"
    assert "told to" in result.reason or "not asked" in result.reason


def test_disagreement_is_an_error_that_names_both() -> None:
    with pytest.raises(SolverDisagreement, match=r"cvc5 answered unsat where z3 answered sat"):
        true_law([Fake("z3", "sat"), Fake("cvc5", "unsat")])


def test_a_finite_model_overrules_two_solvers() -> None:
    f, g = opaque_arrow(F, "f", A, A), opaque_arrow(F, "g", A, A)
    with pytest.raises(SolverDisagreement, match="finite model"):
        prove(f, g, solvers=[Fake("z3", "unsat"), Fake("cvc5", "unsat")])


def test_sat_of_a_law_without_small_counterexample_is_refuted_and_says_so() -> None:
    result = true_law([Fake("z3", "sat"), Fake("cvc5", "unknown")])
    assert result.status == "refuted"
    assert "no small one was replayed" in result.reason


def test_no_goal_is_vacuous() -> None:
    assert discharge(Obligation("empty", ()), [Fake("z3", "unsat"), Fake("cvc5", "unsat")]).status == "vacuous"


def test_results_are_no_truth_values() -> None:
    result = true_law([Fake("z3", "unknown"), Fake("cvc5", "unknown")])
    for value in (result, *result.outcomes):
        with pytest.raises(TypeError, match="not a truth value"):
            bool(value)


def test_sides_must_be_parallel() -> None:
    with pytest.raises(BoundaryError, match="start from"):
        Goal(F.identity(A), F.identity(B))


# ------------------------------------------------------------------------------------------------ hypotheses


def collapsing() -> Hypotheses:
    """f = π₀ and f = π₁ on A ⊗ A: equations always have a one-point model, and this one has no other."""
    symbol = Symbol("f", Pair(A, A), A)
    f = Generator(symbol)
    return hypotheses("collapsing", {"f = π₀": (f, First(A, A)), "f = π₁": (f, Second(A, A))}, {symbol: lambda x: x[0]})


def test_hypotheses_that_collapse_an_object_prove_nothing() -> None:
    """Both solvers prove any law of A from them; that no model with two values is registered is what stops it."""
    f, g = opaque_arrow(F, "u", A, A), opaque_arrow(F, "v", A, A)
    result = prove(f, g, [collapsing()])
    assert result.status == "vacuous"
    assert "no registered model" in result.reason
    assert result.outcomes[0].answer == "unsat"


@pytest.mark.parametrize("who", ["z3", "cvc5"])
def test_contradictory_hypotheses_are_vacuous(who: str) -> None:
    said = [Fake("z3", "unsat", "unsat" if who == "z3" else "unknown")]
    said.append(Fake("cvc5", "unsat", "unsat" if who == "cvc5" else "unknown"))
    result = true_law(said, (right_inverse(B),))
    assert result.status == "vacuous"
    assert who in result.reason


def test_a_hypothesis_without_a_model_proves_nothing() -> None:
    wrong = hypotheses("u is the identity", {"u = id": (Generator(Symbol("u", A, A)), Identity(A))}, {})
    result = prove(opaque_arrow(F, "u", A, A), F.identity(A), [wrong])
    assert result.status == "vacuous"
    assert "no meaning" in result.reason


def test_a_wrong_model_is_found() -> None:
    e = error_derivative(A)
    broken = Hypotheses("right inverse", right_inverse(A).members, ((e, lambda xy: xy[0]), *right_inverse(A).model[1:]))
    assert "fails in its registered model" in model_failure([broken], registered_model([broken]))


@pytest.mark.parametrize(
    "group",
    [
        commutative_monoid(Pair(A, B)),
        additive_map(Symbol("h", Pair(A, B), C)),
        additive_map(Symbol("h", A, Pair(B, UNIT))),
        right_inverse(A),
        inverse_pair(Symbol("s", Pair(A, B), C @ A), Symbol("t", C @ A, Pair(A, B))),
    ],
    ids=lambda group: group.name,
)
def test_registered_models_are_models(group: Hypotheses) -> None:
    assert model_failure([group], registered_model([group])) == ""
    constant = model_failure([group], {symbol: lambda _: 7 for symbol, _ in group.model})
    assert constant, "values outside Z₃ were taken for a model"


def test_an_equation_of_the_wrong_kind_has_no_model() -> None:
    """σ = id on A ⊗ A is false in Z₃ whatever the symbols mean."""
    group = hypotheses("σ = id", {"σ = id": (Swap(A, A), Identity(Pair(A, A)))}, {})
    assert isinstance(group.members[0].equation, Equation)
    assert "fails" in model_failure([group], {})


# ------------------------------------------------------------------------------------------------ opaque values

LOOKS: dict[str, Callable[[Any], Any]] = {
    "branch": bool,
    "comparison": lambda x: x == x,
    "difference": lambda x: x != x,
    "order": lambda x: x < x,
    "length": len,
    "attribute": lambda x: x.shape,
    "assignment": lambda x: setattr(x, "y", 1),
    "index": lambda x: x[0],
    "hash": hash,
    "sum": lambda x: x + 1,
    "sum from the right": lambda x: 1 + x,
    "product": lambda x: x @ x,
    "sign": operator.neg,
    "call": lambda x: x(),
    "number": float,
    "membership": lambda x: 1 in x,
    "type test": lambda x: isinstance(x, tuple),
    "class": lambda x: x.__class__,
    "copy": copy.copy,
    "unpacking": lambda x: [*x],
    "format": lambda x: f"{x}",
}


@pytest.mark.parametrize("look", LOOKS)
def test_looking_inside_raises(look: str) -> None:
    with pytest.raises(TraceError):
        LOOKS[look](variable("x", A))


def test_a_pair_unpacks_into_two() -> None:
    left, right = variable("x", Pair(A, B))
    assert repr(left) == "<opaque value of A>"
    assert repr(right) == "<opaque value of B>"
    with pytest.raises(ValueError, match="too many"):
        (_,) = variable("x", Pair(A, B))


def test_symbols_check_their_arguments() -> None:
    with pytest.raises(TraceError, match="promised"):
        free("f", A, B)(variable("x", B))
    with pytest.raises(TraceError, match="promised"):
        free("f", Pair(A, B), B)((variable("x", A), 3))


@pytest.mark.parametrize("run", [lambda x: 1.0, lambda x: (x, x, x), lambda x: None, lambda x: x[0]])
def test_an_arrow_must_give_what_it_promises(run: Any) -> None:
    with pytest.raises(TraceError):
        F.arrow(A, Pair(A, A), run).run(variable("x", A))


def test_a_changing_function_is_no_function() -> None:
    count = iter(range(100))
    shifty = Arrow(A, A, lambda x: free(f"f{next(count)}", A, A)(x))
    with pytest.raises(TraceError, match="two runs"):
        prove(shifty, shifty)


def test_catching_the_error_does_not_help() -> None:
    def sly(x: Any) -> Any:
        try:
            return free("f", A, A)(x) if x > 0 else x
        except TypeError:
            return x  # what a value that is no number would be given

    with pytest.raises(TraceError, match="caught"):
        prove(Arrow(A, A, sly), F.identity(A))


def test_equal_terms_are_one() -> None:
    assert node("variable", "x", A) is node("variable", "x", A)
    assert node("variable", "x", A) is not node("variable", "x", B)


def test_boxing_leaves_the_pairing_to_the_solver() -> None:
    pair = boxed((variable("x", A), variable("y", B)), Pair(A, B))
    left, _ = pair
    f = free("f", A, C)
    assert F.arrow(A, C, f).run(left) is not f(variable("x", A))
    goal = Goal(F.compose(F.swap(A, B), F.swap(B, A)), F.identity(Pair(A, B)))
    assert "(right" in smtlib([], [traced(goal, "x")])


# ------------------------------------------------------------------------------------------------ the text


def test_names_never_meet_a_theory() -> None:
    """Names of theories, of solvers' own symbols and with odd characters are all harmless."""
    para = Para(F)
    names = ["select", "and", "fp", "sqrt", "(check-sat)", "a b|c", "é", "left0", ""]
    x = Sort("Int")
    for name in names:
        param = Sort("Bool")
        f = para.of(param, x, x, opaque_arrow(F, name or "nameless", Pair(param, x), x))
        lhs = observe(para, para.reparam(f, F.identity(f.param)))
        assert prove(lhs, observe(para, f)).status == "proved"


def test_one_name_with_two_boundaries_is_two_symbols() -> None:
    both = F.tensor(opaque_arrow(F, "f", A, A), opaque_arrow(F, "f", B, B))
    left = F.tensor(opaque_arrow(F, "f", A, A), F.identity(B))
    right = F.tensor(F.identity(A), opaque_arrow(F, "f", B, B))
    assert prove(both, F.compose(left, right)).status == "proved"


def test_shared_terms_keep_the_text_short() -> None:
    twice = F.compose(F.copy(A), opaque_arrow(F, "f", Pair(A, A), A))
    deep = F.sequence(*[twice] * 40)
    (text,) = prove(deep, deep, solvers=[]).problems
    assert len(text) < 10_000
