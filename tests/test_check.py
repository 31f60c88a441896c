"""How a law is judged: false ones are refuted with an example, trivial ones are vacuous, no bound is a free pass."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from verified_cat import check, sampling
from verified_cat.audits import Audit
from verified_cat.check import Bitwise, Counterexample, Law, claims, instance, law, sides
from verified_cat.comparing import Comparison, compare
from verified_cat.deciding import exact
from verified_cat.draw import Style, seeded
from verified_cat.equation import Equation
from verified_cat.errors import BoundaryError, MissingOperation, UsageError
from verified_cat.functions import Arrow, Functions
from verified_cat.objects import SCALAR, UNIT, Pair, flatten, leaves, size, space, unflatten
from verified_cat.primitives import add, relu, scale
from verified_cat.reference.decide import decide
from verified_cat.reference.engine import SympyEngine
from verified_cat.reference.rounding import RoundingEngine
from verified_cat.report import HOLDS, Strength, not_run
from verified_cat.sampling import Tally, replay, sampled
from verified_cat.terms import Swap, Term
from verified_cat.worlds import WORLDS, DrawnSource, Draws, Mutant, World, replayed, world

BOUNDS = RoundingEngine("float64")
Make = Callable[..., Any]


def stated(state: Callable[..., Any], given: str = "", **options: Any) -> Law:
    named = {"name": "TEST", "title": "test", "statement": "", "source": "", "worlds": ("functions",), "mutants": ()}
    return Law(**named | {"equality": "strict", "given": given, "state": state} | options)  # type: ignore[arg-type]


def judge(claim: Law, engine: Any, examples: int = 60) -> Any:
    return sampled(claim, "functions", engine, BOUNDS, examples)


def commuting(w: World, f: Any, g: Any) -> Equation[Any]:
    """f ; g = g ; f, which is false."""
    return Equation(w.category.compose(f, g), w.category.compose(g, f))


def associative(w: World, f: Any, g: Any, h: Any) -> Equation[Any]:
    c = w.category
    return Equation(c.compose(c.compose(f, g), h), c.compose(f, c.compose(g, h)))


def commutative_sum(w: World) -> Equation[Any]:
    """x + y = y + x."""
    sum_of = w.source.functions.meaning(add((2,)))
    return Equation(sum_of, w.source.functions.meaning(Swap(space(2), space(2)) >> add((2,))))


FALSE = stated(commuting, "f : A -> A; g : A -> A")
TRUE = stated(associative, "f : A -> B; g : B -> C; h : C -> D")


# ------------------------------------------------------------------------------------------------ sampled


def test_a_true_law_is_sampled(plain_engine: Make) -> None:
    verdict = judge(TRUE, plain_engine())
    assert verdict.strength is Strength.SAMPLED
    assert 3 <= verdict.witnesses <= 60
    assert verdict.gap is not None


def test_a_false_law_is_refuted_with_an_example_that_replays(plain_engine: Make, monkeypatch: Any) -> None:
    verdict = judge(FALSE, plain_engine())
    assert verdict.strength is Strength.REFUTED
    assert verdict.gap > verdict.allowed
    example = verdict.example
    assert (example["law"], example["world"], example["engine"]) == ("TEST", "functions", "plain")
    monkeypatch.setitem(check.LAWS, "TEST", FALSE)
    again = replay(example, plain_engine(), BOUNDS)
    assert again.failed is not None
    assert again.failed["gap"] == verdict.gap


def test_the_example_alone_shows_the_difference(plain_engine: Make, plain: Functions) -> None:
    """By nothing of the suite but the terms and the point."""
    draws = replayed(judge(FALSE, plain_engine()).example)
    ob, point = draws.points["point 0"]
    f, g = (draws.terms[name] for name in "fg")
    one, two = plain.meaning(f >> g)(point), plain.meaning(g >> f)(point)
    assert (f >> g).dom == ob
    assert flatten(f.cod, one) != flatten(f.cod, two)


def test_the_example_is_shrunk_to_a_small_one(plain_engine: Make) -> None:
    draws = replayed(judge(FALSE, plain_engine()).example)
    assert sum(len(repr(term)) for term in draws.terms.values()) < 2000


def test_shrinking_ends_and_what_it_reached_fails(plain_engine: Make, monkeypatch: Any) -> None:
    """However long smaller instances could be sought: the example is one that failed, and nobody is called random."""
    monkeypatch.setattr(sampling, "SHRINKS", 5)
    instances = 0

    def counted(w: World, f: Any, g: Any) -> Equation[Any]:
        nonlocal instances
        instances += 1
        return commuting(w, f, g)

    verdict = judge(stated(counted, FALSE.given), plain_engine())
    assert verdict.strength is Strength.REFUTED
    assert "raised" not in verdict.example
    monkeypatch.setitem(check.LAWS, "TEST", FALSE)
    assert replay(verdict.example, plain_engine(), BOUNDS).failed is not None
    assert instances < 60


def test_a_law_about_nothing_is_vacuous(plain_engine: Make) -> None:
    verdict = judge(stated(lambda w, f: Equation(f, w.category.discard(f.dom)), "f : A -> 1"), plain_engine())
    assert verdict.strength is Strength.VACUOUS
    assert verdict.witnesses == 0
    assert "0 non-trivial instances" in verdict.reason


def test_too_few_instances_are_vacuous(plain_engine: Make) -> None:
    assert judge(stated(associative, TRUE.given, minimum=61), plain_engine()).strength is Strength.VACUOUS


def test_a_law_without_equations_is_vacuous(plain_engine: Make) -> None:
    assert judge(stated(lambda w: []), plain_engine()).strength is Strength.VACUOUS


def third_of_sum(w: World) -> Equation[Any]:
    """(x + y) / 3 = (y + x) / 3."""
    meaning, third = w.source.functions.meaning, add((2,)) >> scale(Fraction(1, 3), (2,))
    return Equation(meaning(third), meaning(Swap(space(2), space(2)) >> third))


def biased(times: Fraction) -> Make:
    """x + y, off by ``times`` what both sides of the law above may err by at 1, where x < y."""
    third = add(()) >> scale(Fraction(1, 3), ())
    at = BOUNDS.lift(third.dom, ((Fraction(1),), (Fraction(0),)))
    (bound,) = BOUNDS.bound(SCALAR, Functions(BOUNDS).meaning(third)(at))
    off = 1 + times * 2 * Fraction(bound) / Fraction(1, 3)

    def added(shape: Any) -> Any:
        return lambda xy: tuple((x + y) * (off if x < y else 1) for x, y in zip(*xy, strict=True))

    return added


def test_a_bound_is_no_free_pass(plain_engine: Make) -> None:
    """An engine that is wrong by three times what both sides may err by is refuted; by a third of that, it is not."""
    claim = stated(third_of_sum)
    right, near = judge(claim, plain_engine()), judge(claim, plain_engine(add=biased(Fraction(1, 3))))
    assert (right.strength, right.gap) == (Strength.SAMPLED, 0.0)
    assert near.strength is Strength.SAMPLED
    assert 0 < near.gap < near.allowed
    wrong = judge(claim, plain_engine(add=biased(Fraction(3))))
    assert wrong.strength is Strength.REFUTED
    assert 2 < wrong.gap / wrong.allowed < 4


def test_nan_is_an_excess(plain_engine: Make) -> None:
    nan = plain_engine(add=lambda shape: lambda xy: (math.nan,) * len(xy[0]))
    assert judge(stated(commutative_sum), nan).strength is Strength.REFUTED


@pytest.mark.parametrize("fault", [OverflowError("too far"), SystemExit("too far")])
def test_an_engine_that_raises_is_refuted(plain_engine: Make, fault: BaseException) -> None:
    def broken(shape: Any) -> Any:
        def run(xy: Any) -> Any:
            raise fault

        return run

    verdict = judge(stated(commutative_sum), plain_engine(add=broken))
    assert verdict.strength is Strength.REFUTED
    assert verdict.example["raised"] == f"{type(fault).__name__}: too far"


def test_an_operation_that_is_missing_is_no_verdict(plain_engine: Make) -> None:
    engine = plain_engine()
    del engine.rules["add"]
    with pytest.raises(MissingOperation, match="plain has no 'add'"):
        judge(stated(commutative_sum), engine)


def test_sides_that_are_not_parallel_are_refused(plain_engine: Make) -> None:
    with pytest.raises(BoundaryError, match=r"are not parallel: they start from R and 1\n"):
        judge(stated(lambda w, f: Equation(f, w.category.identity(UNIT)), "f : R -> R"), plain_engine())


# ------------------------------------------------------------------------------------------------ negative laws


def relu_is_not_additive(point: Any) -> Callable[[World], Counterexample]:
    def state(w: World) -> Counterexample:
        meaning = w.source.functions.meaning
        whole, parts = add(()) >> relu(()), (relu(()) @ relu(())) >> add(())
        return Counterexample(Equation(meaning(whole), meaning(parts)), point)

    return state


NEGATIVE = relu_is_not_additive(((Fraction(1),), (Fraction(-1),)))
MISTAKEN = relu_is_not_additive(((Fraction(1),), (Fraction(1),)))


def test_a_negative_law_holds_where_the_equation_fails(plain_engine: Make) -> None:
    verdict = judge(stated(NEGATIVE, negative=True), plain_engine())
    assert verdict.strength is Strength.SAMPLED


def test_a_negative_law_is_refuted_where_the_equation_holds(plain_engine: Make) -> None:
    assert judge(stated(MISTAKEN, negative=True), plain_engine()).strength is Strength.REFUTED


# ------------------------------------------------------------------------------------------------ exact


def decided(claim: Law, judgement: Callable[[Any, Any], str] | None = None) -> Any:
    by = judgement or (lambda left, right: decide(left, right).verdict)
    return exact(claim, "functions", SympyEngine(), by, [seeded(seed) for seed in range(6)])


@pytest.mark.parametrize(
    ("claim", "strength"),
    [
        (stated(associative, TRUE.given, style=Style("polynomial", 1)), Strength.EXACT),
        (stated(commuting, FALSE.given, style=Style("polynomial", 1)), Strength.REFUTED),
        (stated(lambda w, f: Equation(f, w.category.discard(f.dom)), "f : A -> 1"), Strength.VACUOUS),
        (stated(NEGATIVE, negative=True), Strength.EXACT),
        (stated(MISTAKEN, negative=True), Strength.REFUTED),
    ],
)
def test_exact_verdicts(claim: Law, strength: Strength) -> None:
    verdict = decided(claim)
    assert verdict.strength is strength
    assert (verdict.example is not None) == (strength is Strength.REFUTED)


def test_what_is_undecided_is_no_pass() -> None:
    verdict = decided(stated(commutative_sum), lambda left, right: "undecided")
    assert verdict.strength is Strength.UNDECIDED
    assert verdict.strength not in HOLDS


# ------------------------------------------------------------------------------------------------ comparison


@pytest.mark.parametrize(
    ("left", "right", "bounds", "holds", "counts"),
    [
        ([1.0, 2.0], [1.0, 2.5], [0.0, 0.5], True, True),
        ([1.0, 2.0], [1.0, 2.5], [0.5, 0.25], False, True),
        ([math.nan], [math.nan], [1.0], False, True),
        ([math.nan], [0.0], [1e300], False, True),
        ([math.inf], [math.inf], [0.0], False, True),
        ([math.inf], [0.0], [1.0], False, True),
        ([math.nan], [0.0], [math.inf], True, False),
        ([Fraction(1, 3)], [Fraction(1, 3)], [0.0], True, True),
        ([], [], [], True, False),
    ],
)
def test_compare(left: list[Any], right: list[Any], bounds: list[float], holds: bool, counts: bool) -> None:
    found = compare(left, right, bounds)
    assert (found.holds, found.counts) == (holds, counts)


def test_compare_keeps_the_worst_share() -> None:
    found = compare([0.0, 0.0, 0.0], [1.0, 0.5, 3.0], [10.0, 1.0, 30.0])
    assert (found.gap, found.allowed, found.share) == (0.5, 1.0, 0.5)
    assert Comparison(1.0, 0.0, False, True).share == math.inf


def test_a_tally_keeps_the_first_failure() -> None:
    tally = Tally()
    tally.add(Comparison(1.0, 2.0, True, True), lambda: {"number": 0}, negative=False)
    tally.add(Comparison(3.0, 2.0, False, True), lambda: {"number": 1}, negative=False)
    tally.add(Comparison(9.0, 2.0, False, False), lambda: {"number": 2}, negative=False)
    assert (tally.instances, tally.witnesses) == (3, 2)
    assert tally.failed is not None
    assert tally.failed["number"] == 1


# ------------------------------------------------------------------------------------------------ how a law is given


def generic(given: str, engine: Any) -> list[Any]:
    """What a law is called with."""
    met: list[Any] = []

    def state(w: World, *arguments: Any) -> list[Any]:
        met.extend(arguments)
        return []

    where = world("functions", DrawnSource(engine, Draws(seeded(3), Style("any", 1))))
    assert instance(stated(state, given), where) == []
    return met


def test_given_objects_and_morphisms(plain_engine: Make) -> None:
    a, b, f, g = generic("A B; f : A @ B @ 1 -> R; g : A @ (B @ 1) => A", plain_engine())
    assert f.dom == Pair(Pair(a, b), UNIT)
    assert f.cod == SCALAR
    assert (g.dom, g.cod) == (Pair(a, Pair(b, UNIT)), a)
    (h,) = generic("h : A' -o A'", plain_engine())
    assert h.dom == h.cod
    assert generic("", plain_engine()) == [] and generic(" ; ;", plain_engine()) == []
    (swap,) = generic("swap : 1 @ R => R @ 1", plain_engine())
    assert isinstance(swap, Term) and (swap.dom, swap.cod) == (Pair(UNIT, SCALAR), Pair(SCALAR, UNIT))
    x, y = generic("X; f' : X -o R", plain_engine())
    assert (y.dom, y.cod) == (x, SCALAR) and isinstance(y, Arrow)
    engine = plain_engine()
    assert engine.lower(
        SCALAR, y(engine.lift(x, unflatten(x, [(Fraction(),) * size(each) for each in leaves(x)])))
    ) == (0,), "additive"


@pytest.mark.parametrize(
    "given",
    [
        "f : A @ -> B",
        "f : (A -> B",
        "f : A) -> B",
        "f : A B -> C",
        "f : A + B -> C",
        "f : A -> B -> C",
        "f : () -> A",
        "*",
    ],
)
def test_what_is_not_an_object_is_refused(given: str, plain_engine: Make) -> None:
    with pytest.raises(UsageError, match="a law's object is written with names, 1, R, @ and brackets, not as"):
        generic(given, plain_engine())


def test_sides_are_functions(plain_engine: Make) -> None:
    where = world("functions", DrawnSource(plain_engine(), Draws(seeded(1), Style())))
    ((left, right, fixed),) = sides(stated(commutative_sum), where)
    assert left(((1, 2), (3, 4))) == right(((1, 2), (3, 4))) == (4, 6)
    assert fixed is None
    ((_, _, fixed),) = sides(stated(NEGATIVE, negative=True), where)
    assert fixed == ((1,), (-1,))
    claim, left, right = next(claims(stated(lambda w: [Bitwise(commutative_sum(w))]), where))
    assert isinstance(claim, Bitwise) and left(((1, 2), (3, 4))) == right(((1, 2), (3, 4))) == (4, 6)


# ------------------------------------------------------------------------------------------------ laws and audits


def test_a_law_is_stated_once(monkeypatch: Any) -> None:
    monkeypatch.setattr(check, "LAWS", {})
    enter = law("TWICE", worlds=("functions",), source="here", mutants=())

    def stated_here(w: World) -> Any:
        """Some
        statement."""

    def another(w: World) -> Any:
        """Another."""

    enter(stated_here)
    assert (check.LAWS["TWICE"].statement, check.LAWS["TWICE"].title) == ("Some statement.", "stated here")
    enter(stated_here)  # the same module, imported again
    with pytest.raises(UsageError, match="the law TWICE is stated twice"):
        enter(another)


def test_what_a_decorated_law_says(monkeypatch: Any) -> None:
    monkeypatch.setattr(check, "LAWS", {})

    def some_state(w: World) -> Any:
        return []

    mutants = (Mutant("functions", {}, "wrong"),)
    enter = law("SOME", "A B", worlds=("functions", "D"), source="Mac Lane", mutants=mutants, costly=True)
    assert enter(some_state) is some_state, "the function can still be called by its name"
    expected = Law("SOME", "some state", "", "Mac Lane", "A B", ("functions", "D"), "strict", mutants, some_state)
    assert check.LAWS["SOME"] == replace(expected, costly=True, doctrine="cartesian")
    assert (expected.negative, expected.style, expected.minimum, expected.costly) == (False, Style(), 3, False)
    assert (expected.without_solver, expected.floats, expected.doctrine) == ("", "", "")
    law("OTHER", worlds=("functions",), source="here", mutants=(), doctrine="symmetric")(some_state)
    assert (check.LAWS["OTHER"].given, check.LAWS["OTHER"].doctrine) == ("", "symmetric")


@pytest.mark.parametrize("wrong", [{"minimum": 0}, {"worlds": ()}, {"minimum": 0, "worlds": ()}])
def test_a_law_asks_for_a_witness_in_a_world(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="the law TEST has to ask for a witness and to be stated in a world"):
        stated(commutative_sum, **wrong)
    assert stated(commutative_sum, minimum=1).minimum == 1


def test_groups_of_worlds_are_those_that_have_the_structure() -> None:
    """By what the category of each can do, asked of the worlds themselves."""
    wheres = {name: world(name, DrawnSource(RoundingEngine("float64"), Draws(seeded(0), Style()))) for name in WORLDS}
    no_learners = {name for name in wheres if not name.startswith(("para", "acting")) and name not in ("learn", "R")}
    assert set(check.CATEGORIES) == no_learners
    assert set(check.CARTESIAN) == {name for name in no_learners if _has(wheres[name], "discard", "copy")} - {"cont"}
    assert set(check.BIPRODUCTS) == {name for name in no_learners if _has(wheres[name], "merge", "inject_first")}
    assert set(check.DERIVATIVES) == {name for name in no_learners if _has(wheres[name], "differentiate")}
    assert set(check.PARA) == {name for name in wheres if name.startswith("para")}
    for group in (check.CATEGORIES, check.CARTESIAN, check.BIPRODUCTS, check.DERIVATIVES, check.PARA):
        assert len(set(group)) == len(group)


def _has(where: World, *methods: str) -> bool:
    return all(hasattr(where.category, method) for method in methods)


def test_each_equality_is_explained() -> None:
    assert check.EQUALITIES == {
        "strict": "both sides are the same morphism",
        "iso": "the sides agree along the isomorphism or 2-cell that the equation names",
        "strict failure": "the sides differ at the stated point",
        "bitwise": "both sides have the same bits, signs of zeros included",
        "bitwise failure": "the bits of the sides differ at the stated point",
    }


def test_a_claim_about_bits_names_the_isomorphism_of_its_equation() -> None:
    claim = Bitwise(Equation(1, 2, "swap"))
    assert (claim.along, claim.point, claim.special) == ("swap", None, False)


def test_an_equality_that_fails_is_negative(monkeypatch: Any) -> None:
    monkeypatch.setattr(check, "LAWS", {})
    law("NOT", worlds=("functions",), source="here", mutants=(), equality="strict failure")(commutative_sum)
    assert check.LAWS["NOT"].negative


@pytest.mark.parametrize(
    ("looked", "wrong", "missed", "strength"),
    [
        (3, [], [], Strength.EXACT),
        (0, [], [], Strength.VACUOUS),
        (3, ["this"], [], Strength.REFUTED),
        (3, [], ["that"], Strength.REFUTED),
    ],
)
def test_audits(looked: int, wrong: list[str], missed: list[str], strength: Strength) -> None:
    verdict = Audit(
        "META", "", "", "", lambda: (looked, wrong), {"that": lambda: [] if missed else ["noticed"]}
    ).verdict()
    assert verdict.strength is strength
    assert verdict.witnesses == looked
    if missed:
        assert verdict.example == ["not noticed: that"]


def test_not_run_has_its_reason() -> None:
    verdict = not_run("z3+cvc5", "no solver")
    assert (verdict.strength, verdict.reason) == (Strength.NOT_RUN, "no solver")
