"""What the generators of objects and maps draw, so that no law passes for want of a case that would refute it."""

from collections.abc import Callable, Iterator

from verified_cat.check import audit
from verified_cat.draw import Choose, Style, draw_object, draw_term, is_trivial, seeded
from verified_cat.functions import Functions
from verified_cat.laws.engines import exact_engine
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Space, flatten, size
from verified_cat.primitives import TABLE, Primitive, is_linear
from verified_cat.terms import Identity, Swap, Term, fold, operations
from verified_cat.worlds import Draws

WANTED: dict[str, Callable[[Ob], bool]] = {
    "the unit": lambda ob: ob == UNIT,
    "a scalar": lambda ob: ob == SCALAR,
    "an empty space": lambda ob: isinstance(ob, Space) and size(ob) == 0,
    "a matrix that is not square": lambda ob: isinstance(ob, Space) and len(ob.shape) == 2 and len(set(ob.shape)) == 2,
    "a pair of equal objects": lambda ob: isinstance(ob, Pair) and ob.left == ob.right,
    "a pair of different objects": lambda ob: isinstance(ob, Pair) and ob.left != ob.right,
    "a pair within a pair": lambda ob: isinstance(ob, Pair) and Pair in (type(ob.left), type(ob.right)),
}
"""What the generators of objects have to draw."""

DRAWN = 400


def _coverage_faults(draw: Callable[[Choose], Ob]) -> Iterator[str]:
    objects = [draw(seeded(seed)) for seed in range(DRAWN)]
    yield from (f"{what} is never drawn" for what, is_it in WANTED.items() if not any(map(is_it, objects)))


def _style_faults(kinds: tuple[str, ...]) -> Iterator[str]:
    """The rows of the table that no drawn term of these styles uses."""
    space = Space((2, 3))
    terms = [draw_term(seeded(seed), space, space, Style(kind, 3)) for kind in kinds for seed in range(DRAWN)]
    used = {operation.name for term in terms for operation in operations(term)}
    yield from (f"{name} is in no drawn term" for name in TABLE if name not in used)


def _in_laws(seed: int) -> Term:
    """A map as a law is given one, between drawn objects."""
    draws = Draws(seeded(seed), Style())
    return draws.term("f", draws.object("A"), draws.object("B"))


def _is_constant(term: Term) -> bool:
    """Whether the value is the same at all inputs, of which there are some."""
    if is_trivial(term.dom) or is_trivial(term.cod):
        return False
    engine = exact_engine()
    seen = engine.lower(term.cod, Functions(engine).meaning(term)(engine.symbols(term.dom)))
    return not any(number.free_symbols for leaf in flatten(term.cod, seen) for number in leaf)


def _permutes(term: Term) -> bool:
    """Whether factors or axes are exchanged somewhere."""
    swaps = fold(term, lambda node, parts: isinstance(node, Swap) or any(parts))
    orders = [each.arguments[1] for each in _rows(term) if each.name == "permute"]
    return swaps or any(order != tuple(sorted(order)) for order in orders)


def _rows(term: Term) -> list[Primitive]:
    return [each for each in operations(term) if isinstance(each, Primitive)]


WANTED_MAPS: dict[str, Callable[[Term], bool]] = {
    "a map between equal objects": lambda term: term.dom == term.cod,
    "a map between different objects": lambda term: term.dom != term.cod,
    "a constant map": _is_constant,
    "a map that is not linear": lambda term: not all(map(is_linear, _rows(term))),
    "a permutation that is not the identity": _permutes,
}
"""What the generators of maps have to draw."""


def _map_faults(draw: Callable[[int], Term]) -> Iterator[str]:
    terms = [draw(seed) for seed in range(DRAWN)]
    yield from (f"{what} is never drawn" for what, is_it in WANTED_MAPS.items() if not any(map(is_it, terms)))


def _coverage_controls() -> list[str]:
    planted = {
        "a generator of scalars alone": _coverage_faults(lambda _: SCALAR),
        "linear terms alone": _style_faults(("linear",)),
        "identities alone": _map_faults(lambda _: Identity(SCALAR)),
    }
    return [fault for fault, found in planted.items() if not list(found)]


@audit("META-GEN", source="derived here", controls=_coverage_controls)
def generators_cover_the_kinds_of_objects_and_maps():
    """Units, empty and non-square spaces, equal, unequal and nested pairs, and every operation of the table are drawn.

    So are maps between equal and different objects, constant and non-linear ones, and permutations. Drawn numbers are
    exact: infinities, NaN and -0 enter by the laws about floats, which make them.
    """
    faults = [*_coverage_faults(draw_object), *_style_faults(("linear", "smooth", "any")), *_map_faults(_in_laws)]
    return len(WANTED) + len(TABLE) + len(WANTED_MAPS), faults
