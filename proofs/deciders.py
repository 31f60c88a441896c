"""All that decides an equation here, on generated equations: ``python -m verified_cat.proofs.deciders --count 10000``.

Half of the equations are *wirings*, between terms of opaque operations: Z3, cvc5 and the normal form of
``proofs.trivial``, which is complete for free cartesian categories. The others are between *polynomials*: Z3, cvc5,
the exact judge of the reference, and SymPy's expansion. About half are true by construction: one side is the other,
rewritten by laws of cartesian categories and of rings. The texts that the solvers read are written by the printers that
print the obligations of the laws, so a fault of a printer is a disagreement too.

One that says *equal* where another says *different*, or that denies what is true by construction, is a disagreement,
printed with the seed that draws it again. "undecided" agrees with nothing, and is counted.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from verified_cat import primitives as p
from verified_cat.comparing import entries
from verified_cat.draw import Choose, Style, draw_object, draw_term, seeded
from verified_cat.errors import MissingExtra
from verified_cat.fragment import Fragment
from verified_cat.functions import Functions, Run
from verified_cat.objects import SCALAR, Ob, Pair, Space, flatten, size, unflatten
from verified_cat.primitives import Primitive
from verified_cat.proofs import firstorder
from verified_cat.proofs.firstorder import Expression, Signature
from verified_cat.proofs.smtlib import Formula, smtlib
from verified_cat.proofs.solvers import Outcome, default_solvers
from verified_cat.proofs.symbols import term_of, variable
from verified_cat.proofs.trivial import normal
from verified_cat.proofs.worlds import OpaqueEngine, boxed_class
from verified_cat.terms import (
    Copy,
    Discard,
    Identity,
    Operation,
    Pairing,
    RightUnitor,
    Second,
    Swap,
    Tensor,
    Term,
    fold,
)

Word = Literal["equal", "different", "undecided"]


@dataclass(frozen=True, slots=True)
class Equality:
    """lhs = rhs, of a kind, and whether it is true by construction."""

    kind: str
    lhs: Term
    rhs: Term
    true: bool


# ------------------------------------------------------------------------------------------------ drawing

RING = Fragment("cartesian", frozenset({"add", "multiply", "negate", "scale", "constant"}))
SCALARS: tuple[Ob, ...] = (SCALAR, Pair(SCALAR, SCALAR), Pair(Pair(SCALAR, SCALAR), SCALAR))


def drawn(seed: int) -> Equality:
    """The equation of a seed: even ones are wirings, odd ones polynomials."""
    choose = seeded(seed)
    kind = "polynomials" if seed % 2 else "wirings"
    dom, cod = _objects(choose, kind)
    first = _term(choose, kind, dom, cod)
    true = choose((True, False))
    other = first if true else choose((_term(choose, kind, dom, cod), _with_a_slip(choose, first)))
    return Equality(kind, first, rewritten(choose, other, kind == "polynomials"), true)


def _objects(choose: Choose, kind: str) -> tuple[Ob, Ob]:
    if kind == "polynomials":
        return choose(SCALARS), choose(SCALARS[:2])
    dom = draw_object(choose)
    return dom, choose((draw_object(choose), Pair(dom, dom)))


def _term(choose: Choose, kind: str, dom: Ob, cod: Ob) -> Term:
    style = Style("polynomial", choose((1, 2, 2)))
    return RING.term(choose, dom, cod, style) if kind == "polynomials" else draw_term(choose, dom, cod, style)


def _with_a_slip(choose: Choose, term: Term) -> Term:
    """The term with its result, or its argument, turned round where it is of two equal halves; else another twice."""
    if isinstance(term.cod, Pair) and term.cod.left == term.cod.right:
        return term >> Swap(term.cod.left, term.cod.right)
    if isinstance(term.dom, Pair) and term.dom.left == term.dom.right:
        return Swap(term.dom.left, term.dom.right) >> term
    return Pairing(term, term) >> p.add(term.cod.shape) if isinstance(term.cod, Space) else term


def rewritten(choose: Choose, term: Term, ring: bool) -> Term:
    """An equal term, by laws of cartesian categories, and of commutative rings where ``ring``."""

    def algebra(node: Term, parts: list[Term]) -> Term:
        same: Term = type(node)(*parts) if parts else node
        rules = list(_rules(same, parts, ring)) if choose((True, False, False)) else []
        return choose(rules) if rules else same

    return fold(term, algebra)


def _rules(term: Term, parts: list[Term], ring: bool) -> Iterator[Term]:
    dom, cod = term.dom, term.cod
    yield Identity(dom) >> term
    yield term >> Identity(cod)
    yield Copy(dom) >> (term @ Discard(dom)) >> RightUnitor(cod)
    yield Pairing(term, term) >> Second(cod, cod)
    match term:
        case Tensor():
            left, right = parts
            yield (left @ Identity(right.dom)) >> (Identity(left.cod) @ right)
            yield Swap(left.dom, right.dom) >> (right @ left) >> Swap(right.cod, left.cod)
        case Pairing():
            left, right = parts
            yield Copy(dom) >> (left @ right)
            yield Pairing(right, left) >> Swap(right.cod, left.cod)
    if ring and cod == SCALAR:
        yield Pairing(term, Discard(dom) >> p.constant((), 0)) >> p.add(())
        yield Pairing(Discard(dom) >> p.constant((), 1), term) >> p.multiply(())
        yield term >> p.negate(()) >> p.negate(())
    if ring and term in (p.add(()), p.multiply(())):
        yield Swap(SCALAR, SCALAR) >> term


# ------------------------------------------------------------------------------------------------ deciding


def asked(equality: Equality) -> dict[str, Word]:
    """What each decider says."""
    return of_wirings(equality) if equality.kind == "wirings" else of_polynomials(equality)


def of_wirings(equality: Equality) -> dict[str, Word]:
    """∀ x. lhs(x) = rhs(x), each operation a symbol of which nothing is known, pairs not taken apart."""
    functions, point = boxed_class(Functions)(OpaqueEngine()), variable("x", equality.lhs.dom)
    left, right = (term_of(functions.meaning(side).run(point), side.cod) for side in (equality.lhs, equality.rhs))
    text = smtlib([], [Formula((term_of(point, equality.lhs.dom),), left, right)])
    return {**by_solvers(text), "normal form": "equal" if normal(left) is normal(right) else "different"}


def of_polynomials(equality: Equality) -> dict[str, Word]:
    """∀ x ∈ Rⁿ. lhs(x) = rhs(x) over the reals, by solvers, by the exact judge, and by SymPy's expansion."""
    import sympy as sp

    from verified_cat.reference.decide import decide_values
    from verified_cat.reference.engine import SympyEngine

    lhs, rhs = equality.lhs, equality.rhs
    names = [f"x{number}" for number in range(size(lhs.dom))]
    point = unflatten(lhs.dom, list(names))
    ours = [flatten(side.cod, Functions(Printed()).meaning(side).run(point)) for side in (lhs, rhs)]
    goal = ("and", *(("=", one, other) for one, other in zip(*ours, strict=True)))
    text = firstorder.smtlib({name: Signature((), firstorder.REAL) for name in names}, (), goal)
    engine = SympyEngine()
    start = engine.symbols(lhs.dom)
    left, right = (engine.lower(side.cod, Functions(engine).meaning(side).run(start)) for side in (lhs, rhs))
    theirs = zip(entries(lhs.cod, left), entries(lhs.cod, right), strict=True)
    expanded = all(sp.expand(one - other) == 0 for one, other in theirs)
    exact = decide_values(lhs.cod, left, right).verdict
    return {**by_solvers(text), "reference": exact, "SymPy": "equal" if expanded else "different"}


def by_solvers(text: str) -> dict[str, Word]:
    """The answers of Z3 and cvc5 to the text of a negated equation. Raises MissingExtra where one is not installed."""
    return {solver.name: _word(solver.check(text)) for solver in default_solvers()}


def _word(outcome: Outcome) -> Word:
    if outcome.answer == "not run":
        raise MissingExtra(outcome.reason)
    return {"unsat": "equal", "sat": "different"}.get(outcome.answer, "undecided")  # type: ignore[return-value]


class Printed:
    """The engine whose values of R are expressions of SMT-LIB."""

    name, precision = "SMT-LIB", "exact"

    def operation(self, operation: Operation) -> Run:
        """The operations of a ring, written down."""
        assert isinstance(operation, Primitive)
        arguments = operation.arguments
        written: dict[str, Run] = {
            "add": lambda pair: ("+", *pair),
            "multiply": lambda pair: ("*", *pair),
            "negate": lambda value: ("-", value),
            "scale": lambda value: ("*", _number(arguments[0]), value),
            "constant": lambda _: _number(arguments[1][0]),
        }
        return written[operation.name]


def _number(exact: Fraction) -> Expression:
    return exact.numerator if exact.denominator == 1 else ("/", exact.numerator, exact.denominator)


# ------------------------------------------------------------------------------------------------ the count


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said of the equation of a seed."""

    seed: int
    kind: str
    true: bool
    said: tuple[tuple[str, Word], ...]

    def verdict(self) -> str:
        """equal, different or disagreement; "undecided" where one has no answer and the others do not disagree."""
        words = {word for _, word in self.said}
        if {"equal", "different"} <= words or (self.true and "different" in words):
            return "disagreement"
        return "undecided" if "undecided" in words else words.pop()

    def line(self) -> str:
        """For a person: the seed draws it again."""
        known = ", true by construction" if self.true else ""
        return f"{self.verdict()}: seed {self.seed} ({self.kind}{known}): " + ", ".join(
            f"{a} {b}" for a, b in self.said
        )


def judged(seed: int) -> Judged:
    """The equation of a seed, and what is said of it."""
    equality = drawn(seed)
    return Judged(seed, equality.kind, equality.true, tuple(asked(equality).items()))


def main(arguments: Sequence[str] | None = None) -> int:
    """The counts; 1 where there is a disagreement, 4 where a decider is not installed."""
    parser = argparse.ArgumentParser(
        prog="python -m verified_cat.proofs.deciders", description="All deciders compared."
    )
    parser.add_argument("--count", type=int, default=1000, help="of equations (1000)")
    parser.add_argument("--seed", type=int, default=0, help="of the first; the others follow")
    parser.add_argument("--jobs", type=int, default=1, help="processes (1)")
    given = parser.parse_args(arguments)
    counts: Counter[tuple[str, str]] = Counter()
    with ProcessPoolExecutor(given.jobs) as pool:
        try:
            for each in pool.map(judged, range(given.seed, given.seed + given.count), chunksize=50):
                counts[each.kind, each.verdict()] += 1
                if each.verdict() in ("disagreement", "undecided"):
                    print(each.line(), flush=True)
        except MissingExtra as missing:  # what one decider would say alone is no comparison
            print(f"not run: {missing}", file=sys.stderr)
            return 4
    for kind in ("wirings", "polynomials"):
        print(f"{kind}: " + ", ".join(f"{counts[kind, word]} {word}" for word in VERDICTS))
    return int(any(word == "disagreement" for _, word in counts))


VERDICTS = ("equal", "different", "undecided", "disagreement")


if __name__ == "__main__":
    sys.exit(main())
