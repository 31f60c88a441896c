"""Random instances of the cross-check: a term, a point, a cotangent and a tangent, drawn from (seed, index) alone.

Terms grow with the index, in depth and in width: the first thousand are small, the hundred-thousandth is not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from itertools import pairwise
from typing import Any

from verified_cat import primitives, rows
from verified_cat.draw import Style, draw_exact, draw_object, draw_term, is_trivial, seeded
from verified_cat.engine import Exact
from verified_cat.errors import UsageError
from verified_cat.networks import perceptron
from verified_cat.objects import Ob, Space, size
from verified_cat.portable import decode_exact, decode_term, encode_exact, encode_term
from verified_cat.primitives import Primitive, Shape, constant, contract, primitive, reshape
from verified_cat.terms import Compose, Discard, Generator, Pairing, Term, fold, operations

KINDS = ("any", "any", "any", "smooth", "polynomial", "linear")
FUELS = (2, 3, 4, 5)
FORMS = ("drawn",) * 14 + ("product", "product", "layer", "layer", "chain", "network")
PRODUCTS = ("bij,bjk->bik", "bij,bkj->kbi", "ib,bij->jb", "bi,bi->b", "bi,bj->bij", "ij,ij->")
"""Contractions with axes in both operands and the result, and sums over two axes: drawn terms have neither."""
LENGTHS = {"b": 2, "i": 3, "j": 2, "k": 2}
MIXED = (3, -5, 8, -2, 7, 1, -12, 5, -7, 2, -3)
ACTIVATIONS: tuple[Callable[[Shape], Term], ...] = (
    primitives.tanh,
    primitives.sigmoid,
    primitives.relu,
    primitives.sin,
    primitives.cos,
)
INPUTS = 160
"""A network of several layers has no more parameters than this: the exact side carries a derivative along each."""

Choose = Any


@dataclass(frozen=True, slots=True)
class Instance:
    """A term f : A → B, a point of A, a cotangent of B and a tangent of A."""

    term: Term
    point: Exact
    cotangent: Exact
    tangent: Exact
    seed: int = 0
    index: int = 0

    def as_json(self) -> dict[str, Any]:
        """The instance without what any engine would add, to be replayed in every engine."""
        dom, cod = self.term.dom, self.term.cod
        return {
            "term": encode_term(self.term),
            "point": encode_exact(dom, self.point),
            "cotangent": encode_exact(cod, self.cotangent),
            "tangent": encode_exact(dom, self.tangent),
            "seed": self.seed,
            "index": self.index,
        }


def of_json(data: Any) -> Instance:
    """The instance that was written. Raises UsageError for anything else."""
    if not isinstance(data, dict) or not {"term", "point", "cotangent", "tangent"} <= data.keys():
        raise UsageError("the file holds no instance of a cross-check: a term, a point, a cotangent and a tangent")
    term = decode_term(data["term"])
    point, tangent = (decode_exact(term.dom, data[key]) for key in ("point", "tangent"))
    seed, index = (value if isinstance(value := data.get(key, 0), int) else 0 for key in ("seed", "index"))
    return Instance(term, point, decode_exact(term.cod, data["cotangent"]), tangent, seed, index)


def growth(index: int) -> int:
    """0 below 1024, then 1 more for each doubling: how much deeper and wider than the first terms one may be."""
    return max(0, index.bit_length() - 10)


def instance(seed: int, index: int) -> Instance:
    """The instance with this number. Its codomain is never trivial, so there is always something to compare."""
    choose = seeded(int.from_bytes(sha256(f"{seed},{index}".encode()).digest()))
    more = growth(index)
    style, dom = Style(choose(KINDS), choose(FUELS) + choose(range(more // 2 + 1))), draw_object(choose)
    term = _FORMS[choose(FORMS)](choose, dom, style, more)
    if choose((True, True, False)):
        term = fold(term, _mixing)
    point, cotangent = draw_exact(choose, term.dom), draw_exact(choose, term.cod)
    return Instance(term, point, cotangent, draw_exact(choose, term.dom), seed, index)


def _drawn(choose: Choose, dom: Ob, style: Style, more: int) -> Term:
    cod = draw_object(choose, 1)
    while is_trivial(cod):
        cod = draw_object(choose, 1)
    return draw_term(choose, dom, cod, style)


def _product(choose: Choose, dom: Ob, style: Style, more: int) -> Term:
    """A contraction of two drawn factors, of one of the kinds in ``PRODUCTS``."""
    subscripts = choose(PRODUCTS)
    shapes = [tuple(LENGTHS[letter] for letter in part) for part in subscripts.split("->")[0].split(",")]
    left, right = (draw_term(choose, dom, Space(shape), style) for shape in shapes)
    return Pairing(left, right) >> contract(subscripts, *shapes)


def _layer(choose: Choose, dom: Ob, style: Style, more: int) -> Term:
    """A row of layers on drawn inputs."""
    name = choose(rows.ROWS[style.kind])
    layer = primitive(name, *choose(rows.GEOMETRY[name]))
    return draw_term(choose, dom, layer.dom, Style(style.kind, 1)) >> layer


def _chain(choose: Choose, dom: Ob, style: Style, more: int) -> Term:
    """Drawn terms one after the other: values that were computed are computed with."""
    term = _drawn(choose, dom, Style(style.kind, 2), more)
    for _ in range(1 + choose(range(more + 2))):
        term = term >> _drawn(choose, term.cod, Style(style.kind, 2), more)
    return term


def _network(choose: Choose, dom: Ob, style: Style, more: int) -> Term:
    """Dense layers with an activation between them, over their parameters and a batch of rows."""
    rows, widest = choose((1, 2, 3)), 4 + more
    widths = [choose(range(1, widest + 1)) for _ in range(2 + choose(range(more + 2)))]
    while len(widths) > 2 and sum((a + 1) * b for a, b in pairwise(widths)) > INPUTS:
        widths.pop()
    return perceptron(rows, tuple(widths), choose(ACTIVATIONS)).map.inside


_FORMS: dict[str, Callable[[Choose, Ob, Style, int], Term]] = {
    "drawn": _drawn,
    "product": _product,
    "layer": _layer,
    "chain": _chain,
    "network": _network,
}


def _mixing(node: Term, parts: list[Term]) -> Term:
    """The same term with "sum, then repeat" as a product with a matrix: equal entries hide a wrong axis or order."""
    if isinstance(node, Compose) and all(isinstance(part, Generator) for part in parts):
        first, second = (operation for part in parts for operation in operations(part))
        if isinstance(first, Primitive) and (first.name, second.name) == ("sum", "broadcast"):
            return _matrix(first.dom, second.cod)
    return node if isinstance(node, Generator) else type(node)(*parts, *node._data)


def _matrix(dom: Ob, cod: Ob) -> Term:
    """A linear map of two spaces by a constant matrix of eighths, where every row and column has an entry of its own.

    No fuller than that: SymPy's derivative of a product of long sums takes seconds.
    """
    assert isinstance(dom, Space) and isinstance(cod, Space)
    n, m = size(dom), size(cod)
    entries = [
        Fraction(MIXED[(row + column) % len(MIXED)], 8) if (row - column) % max(1, min(n, m)) == 0 else Fraction(0)
        for row in range(n)
        for column in range(m)
    ]
    matrix = Discard(dom) >> constant((n, m), *entries)
    return Pairing(reshape(dom.shape, (n,)), matrix) >> contract("i,ij->j", (n,), (n, m)) >> reshape((m,), cod.shape)
