"""Expressions that share: a directed graph in which every distinct node exists once.

An expression of SymPy is a tree: its derivative repeats what it has in common with the function, and SymPy looks at
each repetition. Here a node is (kind, parts), made once, so that a network and all its partial derivatives cost what
one pass forward and one backward cost. Nothing recurses: a graph may be as deep as memory allows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import partial
from itertools import count
from typing import Any
from weakref import WeakValueDictionary

from verified_cat.errors import DataError
from verified_cat.functions import Run
from verified_cat.reference.arrays import ArrayEngine, Numbers, bounded
from verified_cat.reference.engine import SympyNumbers

FUNCTIONS = (
    "exp",
    "log",
    "reciprocal",
    "sqrt",
    "sin",
    "cos",
    "tanh",
    "sigmoid",
    "relu",
    "step",
    "gaussian",
    "gaussian_cdf",
)
"""The kinds of nodes that are a function of one entry: those of the table."""


class Node:
    """A number, a variable, a sum, a product of two, or a function of one node. Two that are equal are one object.

    ``content`` is the Fraction of a "number" and the name of a "variable"; ``serial`` counts them as they are made.
    """

    __slots__ = ("__weakref__", "content", "kind", "parts", "serial")

    kind: str
    serial: int
    parts: tuple[Node, ...]
    content: Any

    def __init__(self) -> None:
        raise TypeError("nodes are made by GraphNumbers, so that equal ones are shared")

    def __repr__(self) -> str:
        inside = str(self.content) if self.content is not None else f"{len(self.parts)} parts"
        return f"<{self.kind}: {inside}>"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a node is shared within one process; write the expression that it stands for")


class GraphNumbers:
    """Nodes as exact entries; rationals are computed at once, 0 and 1 disappear, and nothing else is rewritten."""

    name = "graph"

    def __init__(self) -> None:
        self.serials = count()
        self.known: WeakValueDictionary[Any, Node] = WeakValueDictionary()
        self.functions: Mapping[str, Callable[[Node], Node]] = {name: partial(self.applied, name) for name in FUNCTIONS}
        self.zero, self.one = self.number(0), self.number(1)

    def _made(self, kind: str, parts: tuple[Node, ...] = (), content: Any = None) -> Node:
        key = (kind, tuple(part.serial for part in parts), content)
        node = self.known.get(key)
        if node is None:
            node = object.__new__(Node)
            node.kind, node.parts, node.content, node.serial = kind, parts, content, next(self.serials)
            self.known[key] = node
        return node

    def number(self, exact: Any) -> Node:
        if isinstance(exact, Node):
            return exact
        if isinstance(exact, bool) or not isinstance(exact, int | Fraction):
            raise DataError(f"graph: {str(exact)[:40]!r} ({type(exact).__name__}) is no int or Fraction")
        bounded(self.name, exact)
        return self._made("number", content=Fraction(exact))

    def variable(self, name: str) -> Node:
        return self._made("variable", content=name)

    def is_entry(self, entry: Any) -> bool:
        return isinstance(entry, Node)

    def total(self, entries: list[Node]) -> Node:
        constant = sum((entry.content for entry in entries if entry.kind == "number"), Fraction(0))
        others = sorted((entry for entry in entries if entry.kind != "number"), key=_serial)
        if constant:
            others.append(self.number(constant))
        if len(others) < 2:
            return others[0] if others else self.zero
        return self._made("sum", tuple(others))

    def times(self, x: Node, y: Node) -> Node:
        if x.kind == "number" and y.kind == "number":
            return self.number(x.content * y.content)
        if x.kind == "number" or y.kind == "number":
            factor, other = (x, y) if x.kind == "number" else (y, x)
            if not factor.content:
                return self.zero
            if factor is self.one:
                return other
            if other.kind == "product" and other.parts[0].kind == "number":
                return self.times(self.number(factor.content * other.parts[0].content), other.parts[1])
            return self._made("product", (factor, other))
        return self._made("product", (x, y) if x.serial <= y.serial else (y, x))

    def applied(self, kind: str, x: Node) -> Node:
        """f(x) for a function of the table; a number where it is known to be one. Raises DataError off its domain."""
        known = _at_number(kind, x.content) if x.kind == "number" else None
        return self._made(kind, (x,)) if known is None else self.number(known)


def _serial(node: Node) -> int:
    return node.serial


def _at_number(kind: str, x: Fraction) -> Fraction | int | None:
    """The value at a rational where it is rational. Raises DataError outside the domain."""
    if (kind == "log" and x <= 0) or (kind == "sqrt" and x < 0) or (kind == "reciprocal" and x == 0):
        raise DataError(f"{kind}: {x} is outside its domain")
    if kind in ("relu", "step"):
        return (x if kind == "relu" else 1) if x > 0 else 0
    if kind == "reciprocal":
        return 1 / x
    return _SIMPLE.get((kind, x))


_SIMPLE: dict[tuple[str, Fraction | int], Fraction | int] = {
    ("exp", 0): 1,
    ("log", 1): 0,
    ("sqrt", 0): 0,
    ("sqrt", 1): 1,
    ("sin", 0): 0,
    ("cos", 0): 1,
    ("tanh", 0): 0,
    ("sigmoid", 0): Fraction(1, 2),
    ("gaussian_cdf", 0): Fraction(1, 2),
}


GRAPH = GraphNumbers()


class GraphEngine(ArrayEngine):
    """Functions on shared expressions: exact, at any depth."""

    numbers: GraphNumbers

    def __init__(self, meanings: Mapping[str, Run] | None = None) -> None:
        super().__init__(GRAPH, meanings)


# ------------------------------------------------------------------------------------------------ reading graphs


def ordered(roots: Iterable[Node]) -> list[Node]:
    """Every node below the roots, once, parts before what they are part of."""
    found: dict[int, Node] = {}
    pending = list(roots)
    while pending:
        here = pending[-1]
        if id(here) in found:
            pending.pop()
            continue
        missing = [part for part in here.parts if id(part) not in found]
        if not missing:
            found[id(pending.pop())] = here
        pending += missing
    return list(found.values())


def read_in(roots: list[Node], numbers: Numbers, at: Mapping[Node, Any] | None = None) -> list[Any]:
    """The roots in other numbers, by the one homomorphism that takes each variable where ``at`` says.

    A variable that ``at`` does not name stays a variable.
    """
    images: dict[int, Any] = {id(node): image for node, image in (at or {}).items()}
    for node in ordered(roots):
        if id(node) in images:
            continue
        parts = [images[id(part)] for part in node.parts]
        if node.kind == "number":
            images[id(node)] = numbers.number(node.content)
        elif node.kind == "variable":
            images[id(node)] = numbers.variable(node.content)
        elif node.kind == "sum":
            images[id(node)] = numbers.total(parts)
        elif node.kind == "product":
            images[id(node)] = numbers.times(*parts)
        else:
            images[id(node)] = numbers.functions[node.kind](parts[0])
    return [images[id(root)] for root in roots]


def gradient(output: Node, variables: list[Node]) -> list[Node]:
    """∂ output / ∂ variables, by one pass backwards through the graph (reverse accumulation, Linnainmaa 1970).

    The rules are written here from calculus; the table of derivatives of the language takes no part.
    """
    incoming: dict[int, list[Node]] = {id(output): [GRAPH.one]}
    slopes: dict[int, Node] = {}
    for node in reversed(ordered([output])):
        arrived = incoming.pop(id(node), None)
        if arrived is None:
            continue
        adjoint = slopes[id(node)] = GRAPH.total(arrived)
        for part, slope in zip(node.parts, _slopes(node), strict=True):
            incoming.setdefault(id(part), []).append(GRAPH.times(slope, adjoint))
    return [slopes.get(id(variable), GRAPH.zero) for variable in variables]


def _slopes(node: Node) -> list[Node]:
    """∂ node / ∂ part for each part."""
    if node.kind == "sum":
        return [GRAPH.one] * len(node.parts)
    if node.kind == "product":
        return [node.parts[1], node.parts[0]]
    return [_SLOPES[node.kind](node.parts[0], node)] if node.parts else []


def _minus(x: Node) -> Node:
    return GRAPH.times(GRAPH.number(-1), x)


def _complement(x: Node) -> Node:
    return GRAPH.total([GRAPH.one, _minus(x)])


_SLOPES: dict[str, Callable[[Node, Node], Node]] = {
    "exp": lambda x, y: y,
    "log": lambda x, y: GRAPH.applied("reciprocal", x),
    "reciprocal": lambda x, y: _minus(GRAPH.times(y, y)),
    "sqrt": lambda x, y: GRAPH.times(GRAPH.number(Fraction(1, 2)), GRAPH.applied("reciprocal", y)),
    "sin": lambda x, y: GRAPH.applied("cos", x),
    "cos": lambda x, y: _minus(GRAPH.applied("sin", x)),
    "tanh": lambda x, y: _complement(GRAPH.times(y, y)),
    "sigmoid": lambda x, y: GRAPH.times(y, _complement(y)),
    "relu": lambda x, y: GRAPH.applied("step", x),
    "step": lambda x, y: GRAPH.zero,
    "gaussian": lambda x, y: _minus(GRAPH.times(x, y)),
    "gaussian_cdf": lambda x, y: GRAPH.applied("gaussian", x),
}


def to_sympy(roots: list[Node]) -> list[Any]:
    """The roots as SymPy expressions. Raises DataError where they are nested too deeply for SymPy."""
    return read_in(roots, SympyNumbers())
