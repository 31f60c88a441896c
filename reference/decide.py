"""lhs = rhs for expressions, in three values: "equal" and "different" are certain, "undecided" says neither.

"equal" means equal at every real point where both sides are defined, by a normal form (and SymPy's own collection of
terms when an expression is built); "different" names a rational point at which rigorous enclosures lie apart. The
problem as a whole is undecidable (Richardson 1968), so the third value has to exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any, Literal, NoReturn

from verified_cat.engine import Observed
from verified_cat.errors import DataError
from verified_cat.objects import Ob, flatten, leaves
from verified_cat.reference.engine import rational, subexpressions
from verified_cat.reference.evaluate import CannotEnclose, Enclosure, enclose
from verified_cat.reference.normalform import NormalForm, Split
from verified_cat.reference.polynomial import OverBudget, Work
from verified_cat.reference.quotient import NoNormalForm, Signs, Undefined

Expression = Any

BUDGET = 300_000
"""Products of monomials per level: about half a second of work."""

POINTS = 8
"""How many rational points are tried before a difference is given up."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A rational point at which two enclosures lie apart; ``entry`` says which entry of a value they belong to."""

    point: tuple[tuple[str, Fraction], ...]
    lhs: Enclosure
    rhs: Enclosure
    entry: int = 0

    def __str__(self) -> str:
        at = ", ".join(f"{name} = {value}" for name, value in self.point) or "everywhere"
        return f"entry {self.entry} at {at}: {self.lhs} against {self.rhs}"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is known of lhs = rhs, and how. It is no bool: compare ``verdict`` with the word that is meant."""

    verdict: Literal["equal", "different", "undecided"]
    how: str
    witness: Witness | None = None

    def __bool__(self) -> NoReturn:
        raise TypeError("a decision has three values; compare its verdict with 'equal', 'different' or 'undecided'")

    def __str__(self) -> str:
        return f"{self.verdict}: {self.witness or self.how}"


def decide(lhs: Any, rhs: Any, budget: int = BUDGET) -> Decision:
    """Whether two expressions are equal wherever both are defined. Always ends: the work is bounded by ``budget``.

    The refutation stands between the two levels because it is cheap, and the second level is not.
    """
    left, right = rational(lhs), rational(rhs)
    if _same(left, right):
        return Decision("equal", "the same expression")
    reasons = []
    for through_exponentials, how in ((False, "the same normal form"), (True, "the same normal form in exponentials")):
        found, reason = _by_normal_form(left, right, through_exponentials, budget)
        if found:
            return Decision("equal", how)
        reasons.append(reason)
        if not through_exponentials:
            witness = separate(left, right)
            if witness:
                return Decision("different", "enclosures at a rational point lie apart", witness)
    return Decision("undecided", "; ".join(dict.fromkeys(reasons)) + f"; not separated at {POINTS} points")


def _same(left: Expression, right: Expression) -> bool:
    try:
        return bool(left == right)
    except RecursionError:  # nested too deeply for SymPy's comparison; nothing was found out
        return False


def decide_values(ob: Ob, lhs: Observed, rhs: Observed, budget: int = BUDGET) -> Decision:
    """Whether two observed values of ``ob`` (flat tuples at the leaves) are equal in every entry.

    Raises DataError where they are not values of ``ob`` with equally many entries.
    """
    pairs = _entries(ob, lhs, rhs)
    found = []
    for position, (left, right) in enumerate(pairs):
        one = decide(left, right, budget)
        if one.witness:
            witness = Witness(one.witness.point, one.witness.lhs, one.witness.rhs, position)
            return Decision("different", one.how, witness)
        found.append(one)
    open_ones = [position for position, one in enumerate(found) if one.verdict == "undecided"]
    if open_ones:
        return Decision("undecided", f"entry {open_ones[0]}: {found[open_ones[0]].how}")
    return Decision("equal", "; ".join(dict.fromkeys(one.how for one in found)) or "there are no entries")


def _entries(ob: Ob, lhs: Observed, rhs: Observed) -> list[tuple[Expression, Expression]]:
    try:
        sides = flatten(ob, lhs), flatten(ob, rhs)
    except ValueError as error:
        raise DataError(f"decide: {error}") from None
    pairs = []
    for leaf, one, two in zip(leaves(ob), *sides, strict=True):
        if len(one) != len(two):
            raise DataError(f"decide: the values of {leaf} have {len(one)} and {len(two)} entries")
        pairs += list(zip(one, two, strict=True))
    return pairs


# ------------------------------------------------------------------------------------------------ equal


def _by_normal_form(left: Expression, right: Expression, through_exponentials: bool, budget: int) -> tuple[bool, str]:
    """Whether left - right reduces to 0 in every cell of signs, else why that was not shown."""
    work = Work(budget)
    pending: list[Signs] = [{}]
    while pending:
        signs = pending.pop()
        form = NormalForm(through_exponentials, signs, work)
        try:
            if not form.same(form.of(left), form.of(right)):
                return False, "the normal forms differ"
        except Split as split:
            pending += [signs | {split.atom: sign} for sign in (-1, 0, 1)]
        except Undefined as error:
            if 0 not in signs.values():
                return False, str(error)
        except (NoNormalForm, OverBudget) as error:
            return False, str(error)
        except RecursionError:
            return False, "the expression is nested too deeply"
    return True, "the normal forms agree"


# ------------------------------------------------------------------------------------------------ different


def separate(left: Expression, right: Expression, points: int = POINTS) -> Witness | None:
    """A rational point at which both sides are defined and their enclosures lie apart, among ``points`` fixed ones."""
    variables = sorted((part for part in subexpressions(left, right) if part.is_Symbol), key=str)
    choice = Random(0).choice
    for number in range(points if variables else 1):
        eighths = _EIGHTHS[min(number, len(_EIGHTHS) - 1)]
        point = {variable: Fraction(choice(eighths), 8) for variable in variables}
        for digits in (30, 90):
            try:
                one, two = enclose([left, right], point, digits)
            except (CannotEnclose, RecursionError):
                continue
            if one.apart(two):
                return Witness(tuple((str(variable), value) for variable, value in point.items()), one, two)
    return None


_EIGHTHS: tuple[Sequence[int], ...] = (range(1, 17), range(-16, 0), (0,), range(-16, 17))
"""The coordinates tried, times 8: where logarithms and roots are defined, where they are not, at kinks, anywhere."""
