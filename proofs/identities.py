"""Polynomial identities of the running code: goal = Σ cᵢ · hypothesisᵢ, with the coefficients, in a commutative ring.

The chain rule of Carathéodory: where f(y) - f(x) = φ(y, x) (y - x), and so for g, the slope that ``chain`` makes of φ
and γ is one of the composite. The code runs on (y, x), with the product of slopes for the composite of derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from verified_cat import gad
from verified_cat.proofs.checker import Checked, Term, Terms, check


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a commutative ring of which nothing is known."""

    terms: Terms
    term: Term

    def _with(self, kind: str, other: Element) -> Element:
        return Element(self.terms, self.terms.make(kind, self.term, other.term))

    def __add__(self, other: Element) -> Element:
        return self._with("+", other)

    def __sub__(self, other: Element) -> Element:
        return self._with("-", other)

    def __mul__(self, other: Element) -> Element:
        return self._with("*", other)

    def equals(self, other: Element) -> Term:
        """The equation self = other."""
        return self.terms.make("=", self.term, other.term)


@dataclass(frozen=True, slots=True)
class Identity:
    """Under the hypotheses, the goal, because it is the combination of them with these coefficients."""

    hypotheses: tuple[Term, ...]
    goal: Term
    coefficients: tuple[Term, ...]


def _mapped(terms: Terms, number: int) -> tuple[Callable[[Element], Element], Callable[[Element, Element], Element]]:
    """A function symbol of one argument, and one of two for its slope."""
    ring = terms.make("ring")

    def value(x: Element) -> Element:
        return Element(terms, terms.make("call", x.term, ring, data=(2 * number,)))

    def slope(y: Element, x: Element) -> Element:
        pair = terms.make("pair", y.term, x.term)
        return Element(terms, terms.make("call", pair, ring, data=(2 * number + 1,)))

    return value, slope


def chain_rule(terms: Terms) -> Identity:
    """g(f(y)) - g(f(x)) = slope (y - x), for the slope that the running ``chain`` computes."""
    y, x, one = (Element(terms, term) for term in (*_variables(terms), terms.make("number", data=(1,))))
    (f, phi), (g, gamma) = _mapped(terms, 0), _mapped(terms, 1)

    def with_slope(value: Callable[[Element], Element], slope: Callable[[Element, Element], Element]) -> Any:
        return lambda points: ((value(points[0]), value(points[1])), slope(*points))

    composite = gad.chain(with_slope(f, phi), with_slope(g, gamma), lambda df, dg: dg * df)
    (above, below), slope = composite((y, x))
    assumed = (
        (f(y) - f(x)).equals(phi(y, x) * (y - x)),
        (g(f(y)) - g(f(x))).equals(gamma(f(y), f(x)) * (f(y) - f(x))),
    )
    return Identity(assumed, (above - below).equals(slope * (y - x)), (gamma(f(y), f(x)).term, one.term))


def _variables(terms: Terms) -> tuple[Term, Term]:
    ring = terms.make("ring")
    return terms.make("any", ring, data=(0,)), terms.make("any", ring, data=(1,))


IDENTITIES: dict[str, Callable[[Terms], Identity]] = {"the chain rule of Carathéodory": chain_rule}


def proved(stated: Callable[[Terms], Identity]) -> Checked:
    """The identity of today's code, by the kernel. Raises Refused where the coefficients do not give it."""
    terms = Terms()
    identity = stated(terms)
    table: list[Term] = []

    def row(term: Term) -> int:
        table.append(term)
        return len(table) - 1

    premises = [["assumption", row(each), [], []] for each in identity.hypotheses]
    factors = [row(each) for each in identity.coefficients]
    steps: list[list[Any]] = [
        *premises,
        ["combination", row(identity.goal), list(range(len(premises))), factors],
        ["assumption", row(terms.make("not", identity.goal)), [], []],
        ["logic", row(terms.make("false")), [len(premises), len(premises) + 1], []],
    ]
    hypotheses = [row(each) for each in identity.hypotheses]
    return check(terms, table, {"goal": row(identity.goal), "hypotheses": hypotheses, "steps": steps})
