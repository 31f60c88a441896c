"""A failing instance made small: a part of the term in place of the whole, then simpler numbers, while it still fails.

Greedy, as in QuickCheck (Claessen and Hughes 2000): the first smaller candidate that fails is taken, and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import Any

from verified_cat.engine import CheckableEngine, Exact
from verified_cat.errors import VerifiedCatError
from verified_cat.functions import Functions
from verified_cat.instances import MIXED, Instance
from verified_cat.objects import Ob, flatten, leaves, size, unflatten
from verified_cat.reference.balls import FORMATS
from verified_cat.terms import Compose, Pairing, Tensor, Term, operations

Fails = Callable[[Instance], bool]

TRIES = 400
"""After so many candidates the smallest found so far is kept."""


def shrunk(at: Instance, fails: Fails, tries: int = TRIES) -> Instance:
    """A small instance at which ``fails`` holds, found from one; the instance itself where nothing smaller fails."""
    budget = iter(range(tries))
    found = _descended(at, parts, fails, budget)
    return _descended(found, simpler, fails, budget)


def _descended(
    at: Instance, candidates: Callable[[Instance], Iterator[Instance]], fails: Fails, budget: Any
) -> Instance:
    """Down to an instance none of whose candidates fails, or until the budget is used up."""
    while True:
        smaller = (each for each in candidates(at) if next(budget, None) is not None and _fails(fails, each))
        following = next(smaller, None)
        if following is None:
            return at
        at = following


def _fails(fails: Fails, at: Instance) -> bool:
    try:
        return fails(at)
    except VerifiedCatError:  # outside a domain, or nothing to compare with: no smaller failure
        return False


# ------------------------------------------------------------------------------------------------ smaller terms


def parts(at: Instance) -> Iterator[Instance]:
    """The parts of a composite, a product or a pairing, each at the point where the whole has it."""
    term, point, tangent = at.term, at.point, at.tangent
    if isinstance(term, Compose):
        first, second = term._parts
        yield from _of(at, first, point, tangent)
        between = _value(first, point)
        if between is not None:
            yield from _of(at, second, between, weights(second.dom), at.cotangent)
    elif isinstance(term, Tensor | Pairing):
        beside = isinstance(term, Tensor)
        for index, part in enumerate(term._parts):
            own = (point[index], tangent[index]) if beside else (point, tangent)
            yield from _of(at, part, *own, at.cotangent[index])


def _of(at: Instance, term: Term, point: Exact, tangent: Exact, cotangent: Exact | None = None) -> Iterator[Instance]:
    """The part with the cotangent that it is given, and with one of different entries."""
    if not size(term.cod) or not any(True for _ in operations(term)):
        return
    given = [weights(term.cod)] if cotangent is None else [cotangent, weights(term.cod)]
    for each in given:
        yield replace(at, term=term, point=point, tangent=tangent, cotangent=each)


def weights(ob: Ob) -> Exact:
    """A value whose entries differ."""
    numbers = (Fraction(MIXED[index % len(MIXED)], 8) for index in range(size(ob)))
    return unflatten(ob, [tuple(islice(numbers, size(leaf))) for leaf in leaves(ob)])


def _value(term: Term, point: Exact) -> Exact | None:
    """f(x) to the nearest numbers of 24 bits, which most engines hold exactly; None where undefined."""
    from verified_cat.reference.enclosure import EnclosureEngine

    engine, form = EnclosureEngine(), FORMATS["float32"]
    value = engine.lower(term.cod, Functions(engine).meaning(term)(engine.lift(term.dom, point)))
    found = flatten(term.cod, value)
    if any(number != number or abs(number) > form.largest for leaf in found for number in leaf):
        return None
    return unflatten(term.cod, [tuple(Fraction(form.nearest(number)) for number in leaf) for leaf in found])


# ------------------------------------------------------------------------------------------------ simpler numbers


SIMPLE = (Fraction(0), Fraction(1))


def simpler(at: Instance) -> Iterator[Instance]:
    """The point, the cotangent or the tangent with one entry replaced by 0 or 1, or by one with fewer digits."""
    for name, ob in (("cotangent", at.term.cod), ("tangent", at.term.dom), ("point", at.term.dom)):
        for value in _simpler_value(ob, getattr(at, name)):
            yield replace(at, **{name: value})


def _simpler_value(ob: Ob, value: Exact) -> Iterator[Exact]:
    found = flatten(ob, value)
    for where, leaf in enumerate(found):
        for index, number in enumerate(leaf):
            for simple in _simpler_number(number):
                changed = (*leaf[:index], simple, *leaf[index + 1 :])
                yield unflatten(ob, [*found[:where], changed, *found[where + 1 :]])


def _simpler_number(number: Any) -> Iterator[Fraction]:
    """Numbers that are written shorter: 0, 1, the nearest whole number, the nearest eighth."""
    for simple in (*SIMPLE, Fraction(round(number)), Fraction(round(number * 8), 8)):
        if _length(simple) < _length(number):
            yield simple


def _length(number: Fraction) -> tuple[int, int]:
    return abs(number.numerator).bit_length() + number.denominator.bit_length(), int(number < 0)


def fails_in(engine: CheckableEngine) -> Fails:
    """Whether an instance has an excess in the engine."""
    from verified_cat.crosscheck import check
    from verified_cat.reference.agreement import excesses_of

    return lambda at: any(True for _ in excesses_of(check(at, [engine])))
