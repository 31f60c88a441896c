"""The numbers at one rational point: exact where possible, else intervals. Shared graphs are evaluated in them.

The functions are those of ``evaluate``; what is here serves graphs, which no depth can overflow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy as sp

from verified_cat.errors import DataError
from verified_cat.reference.decide import Decision, Witness, decide
from verified_cat.reference.evaluate import (
    CannotEnclose,
    Enclosure,
    Evaluator,
    function_at,
    gaussian_at,
    gaussian_cdf_at,
)
from verified_cat.reference.graph import Node, ordered, read_in, to_sympy
from verified_cat.reference.kinked import Relu, Step


class PointNumbers:
    """Fractions and intervals of ``digits`` digits as entries."""

    name = "points"

    def __init__(self, digits: int) -> None:
        self.evaluator = Evaluator({}, digits + 5)
        self.functions: Mapping[str, Callable[[Any], Any]] = {
            name: (lambda x, kind=kind: function_at(self.evaluator, kind, x)) for name, kind in _KINDS.items()
        } | {"reciprocal": lambda x: self.evaluator.power(x, Fraction(-1)), "sigmoid": self._sigmoid}
        self.functions |= {
            "gaussian": lambda x: gaussian_at(self.evaluator, x),
            "gaussian_cdf": lambda x: gaussian_cdf_at(self.evaluator, x),
        }

    def _sigmoid(self, x: Any) -> Any:
        """1 / (1 + e^-x)."""
        grown = function_at(self.evaluator, sp.exp, -x)
        return self.evaluator.power(self.evaluator.joined([Fraction(1), grown]), Fraction(-1))

    def number(self, exact: Any) -> Any:
        return Fraction(exact)

    def variable(self, name: str) -> Any:
        raise CannotEnclose(f"the point says nothing of {name}")

    def is_entry(self, entry: Any) -> bool:
        return isinstance(entry, Fraction | self.evaluator.iv.mpf)

    def total(self, entries: list[Any]) -> Any:
        return self.evaluator.joined(entries) if entries else Fraction(0)

    def times(self, x: Any, y: Any) -> Any:
        return self.evaluator.multiplied(x, y)


_KINDS: dict[str, Any] = {
    "exp": sp.exp,
    "log": sp.log,
    "sqrt": sp.sqrt,
    "sin": sp.sin,
    "cos": sp.cos,
    "tanh": sp.tanh,
    "relu": Relu,
    "step": Step,
}


def enclose_graph(roots: list[Node], point: Mapping[Node, Fraction], digits: int = 30) -> list[Enclosure]:
    """Enclosures of the roots at a rational point. Raises CannotEnclose where a value is not defined there."""
    numbers = PointNumbers(digits)
    return [numbers.evaluator.ends_of(value) for value in read_in(roots, numbers, point)]


def decide_graph(left: Node, right: Node) -> Decision:
    """Whether two nodes are equal wherever both are defined, as :func:`decide` of their expressions.

    Where these are nested too deeply for SymPy, by sharing or by a rational point, else undecided.
    """
    if left is right:
        return Decision("equal", "the same node")
    try:
        return decide(*to_sympy([left, right]))
    except DataError as fault:
        witness = separate_graph(left, right)
        if witness:
            return Decision("different", "enclosures at a rational point lie apart", witness)
        return Decision("undecided", str(fault))


def separate_graph(left: Node, right: Node) -> Witness | None:
    """A rational point at which the enclosures of two nodes lie apart, among three fixed ones."""
    variables = [node for node in ordered([left, right]) if node.kind == "variable"]
    for numerator in (1, -3, 7):
        point = {variable: Fraction(numerator, 8 + number) for number, variable in enumerate(variables)}
        try:
            one, two = enclose_graph([left, right], point)
        except CannotEnclose:
            continue
        if one.apart(two):
            return Witness(tuple((variable.content, value) for variable, value in point.items()), one, two)
    return None
