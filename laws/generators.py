"""What the generators of objects, maps and numbers draw, so that no law passes for want of a case that refutes it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from verified_cat.audits import audit
from verified_cat.draw import Style, draw_term, seeded
from verified_cat.functions import Functions
from verified_cat.laws.coverage import OBJECTS, kinds_of, kinds_of_point
from verified_cat.laws.schemas import PATHS
from verified_cat.objects import SCALAR, UNIT, Pair, Space, flatten, fold
from verified_cat.primitives import TABLE, Primitive, reshape
from verified_cat.reference.ieee import NumpyEngine
from verified_cat.rows import GEOMETRY
from verified_cat.terms import Generator, Identity, Term, operations
from verified_cat.terms import fold as fold_term
from verified_cat.textures import LARGEST
from verified_cat.textures import LEAST as SMALLEST
from verified_cat.worlds import Draws

DRAWN = 400
ROWS = "operations of the table"

LEAST = {
    "objects": {
        "the unit": 8,
        "a scalar": 60,
        "an empty space": 5,
        "a matrix that is not square": 50,
        "a square matrix": 50,
        "an array of three axes": 10,
        "a long axis": 5,
        "a pair of equal objects": 30,
        "a pair of different objects": 25,
        "a pair within a pair": 10,
        "a unit within a pair": 5,
    },
    "maps": {
        "a map between equal objects": 120,
        "a map between different objects": 60,
        "a constant map": 10,
        "a map that is not linear": 150,
        "factors exchanged": 8,
        "factors in another order and other brackets": 1,
        "a unitor forwards": 8,
        "axes in another order": 15,
        "an order of axes that is not its own inverse": 4,
        "a sum of nine numbers or more": 4,
    },
    "points": {
        "a zero": 60,
        "a negative number": 120,
        "equal entries beside others": 80,
        "all entries equal": 20,
        "equal rows that are not constant": 4,
        "a large number": 20,
        "a tiny number": 20,
        "large beside tiny": 6,
    },
    "arguments": {"1/x of a negative number": 3, "1/x of a positive number": 3, "log": 8, "relu or step at 0": 6},
    "special floats": dict.fromkeys(("0.0", "-0.0", "inf", "-inf", "nan", "the largest", "the least"), 40),
    "paths": {"an edge twice in a row": 1, "an edge again after another": 1},
    ROWS: dict.fromkeys(TABLE, 15) | dict.fromkeys(GEOMETRY, 2),
}
"""Part ↦ kind ↦ how often it has to be met in ``DRAWN`` instances as laws draw them. Half of what is met, or less."""


# ------------------------------------------------------------------------------------------------ the census


class _Watching(NumpyEngine):
    """Float arithmetic that counts at which arguments log, 1/x, relu and step are taken."""

    def __init__(self) -> None:
        super().__init__()
        self.met: Counter[str] = Counter()

    def operation(self, operation):
        run = super().operation(operation)

        def seen(x):
            if operation.name in ("relu", "step"):
                self.met["relu or step at 0"] += bool((x == 0).any())
            if operation.name == "reciprocal":
                self.met["1/x of a negative number"] += bool((x < 0).any())
                self.met["1/x of a positive number"] += bool((x > 0).any())
            self.met["log"] += operation.name == "log" and x.size > 0
            return run(x)

        return seen if operation.name in ("relu", "step", "reciprocal", "log") else run


@dataclass(frozen=True)
class Generators:
    """The generators of the suite; a planted fault has one of them replaced."""

    draws: Callable[..., Draws] = Draws
    paths: tuple[tuple[str, ...], ...] = PATHS

    def census(self) -> dict[str, Counter[str]]:
        """Part ↦ kind ↦ count, over ``DRAWN`` instances f : A → B with a point of A and a special one."""
        found: dict[str, Counter[str]] = {part: Counter() for part in LEAST if part != ROWS}
        engine = _Watching()
        for seed in range(DRAWN):
            draws = self.draws(seeded(seed), Style())
            a, b = draws.object("A"), draws.object("B")
            f, point = draws.term("f", a, b), draws.point("x", a)
            found["objects"].update(kind for ob in (a, b) for kind, is_it in OBJECTS.items() if is_it(ob))
            found["maps"].update(kinds_of(f))
            found["points"].update(kinds_of_point(a, point))
            found["special floats"].update(_specials(a, draws.point("y", a, "float64")))
            Functions(engine).meaning(f).run(engine.lift(a, point))
        found["arguments"] = engine.met
        found["paths"] = Counter(kind for path in self.paths for kind in _repetitions(path))
        return found


def _specials(ob, point) -> set[str]:
    names = {str(ends["float64"]): name for ends, name in ((LARGEST, "the largest"), (SMALLEST, "the least"))}
    return {names.get(str(number), str(number)) for leaf in flatten(ob, point) for number in leaf}


def _repetitions(path: tuple[str, ...]) -> set[str]:
    twice = {"an edge twice in a row" for one, two in pairwise(path) if one == two}
    return twice | {"an edge again after another" for i, edge in enumerate(path) if edge in path[: max(0, i - 1)]}


def rows_drawn(kinds: tuple[str, ...]) -> Counter[str]:
    """How many maps of these styles, ``DRAWN`` of each, use each operation of the table."""
    space = Space((2, 3))
    terms = [draw_term(seeded(seed), space, space, Style(kind, 3)) for kind in kinds for seed in range(DRAWN)]
    return Counter(name for term in terms for name in {operation.name for operation in operations(term)})


def shortfalls(found: dict[str, Counter[str]]) -> list[str]:
    """The kinds that were drawn less often than they have to be."""
    return [
        f"{kind}: {counts[kind]} of at least {least}"
        for part, counts in found.items()
        for kind, least in LEAST[part].items()
        if counts[kind] < least
    ]


# ------------------------------------------------------------------------------------------------ planted generators


def _objects(change):
    """Draws whose objects are changed."""

    class Planted(Draws):
        def object(self, name):
            if name not in self.objects:
                self.objects[name] = change(super().object(name))
            return self.objects[name]

    return Planted


def _maps(change):
    """Draws whose maps are changed."""

    class Planted(Draws):
        def term(self, name, dom, cod, style=None):
            return change(self.choose, dom, cod, style or self.style)

    return Planted


def _points(change):
    """Draws whose numbers are changed."""

    class Planted(Draws):
        def point(self, name, ob, special=""):
            return _each(ob, super().point(name, ob, special), change)

    return Planted


def _each(ob, point, change):
    if isinstance(ob, Pair):
        return _each(ob.left, point[0], change), _each(ob.right, point[1], change)
    return tuple(map(change, point))


def _square(ob):
    """Every matrix made square, every array of more axes a matrix."""
    return fold(ob, unit=UNIT, leaf=lambda leaf: Space(leaf.shape[:1] * min(2, len(leaf.shape))), pair=Pair)


def _reversals(choose, dom, cod, style):
    """Every order of axes its own inverse; others leave the entries where they are."""

    def turned(node, parts):
        if isinstance(node, Generator) and isinstance(node.operation, Primitive) and node.operation.name == "permute":
            shape, order = node.operation.arguments
            same = tuple(order[axis] for axis in order) == tuple(range(len(order)))
            return node if same else reshape(shape, node.cod.shape)
        return node if isinstance(node, Generator) else type(node)(*parts, *node._data)

    return fold_term(draw_term(choose, dom, cod, style), turned)


def _never_again(draws):
    """Draws in which no object is met a second time."""

    class Planted(draws):
        def object(self, name):
            held, self.objects = self.objects, {}
            made = super().object(name)
            while made in held.values():
                self.objects = {}
                made = super().object(name)
            self.objects = held | {name: made}
            return made

    return Planted


def _identities(choose, dom, cod, style) -> Term:
    return Identity(dom)


PLANTED: dict[str, tuple[Generators, str]] = {
    "units alone": (Generators(_objects(lambda ob: UNIT)), "a scalar"),
    "scalars alone": (Generators(_objects(lambda ob: SCALAR)), "the unit"),
    "square matrices alone": (Generators(_objects(_square)), "a matrix that is not square"),
    "different objects alone": (Generators(_never_again(Draws)), "a map between equal objects"),
    "flat objects": (
        Generators(_objects(lambda ob: ob.left if isinstance(ob, Pair) else ob)),
        "a pair within a pair",
    ),
    "linear maps alone": (
        Generators(_maps(lambda choose, dom, cod, style: draw_term(choose, dom, cod, Style("linear")))),
        "a map that is not linear",
    ),
    "identities alone": (Generators(_maps(_identities)), "a constant map"),
    "involutions alone": (Generators(_maps(_reversals)), "an order of axes that is not its own inverse"),
    "positive numbers alone": (Generators(_points(abs)), "a negative number"),
    "small numbers alone": (Generators(_points(lambda number: number % 1)), "a large number"),
    "plain numbers alone": (Generators(_points(lambda number: number if number == number else 1.0)), "nan"),
    "zeros of one sign": (Generators(_points(lambda number: number + 0.0 if number == 0 else number)), "-0.0"),
    "paths without repetition": (Generators(paths=(("r", "s"), ("s", "r", "f"))), "an edge twice in a row"),
}
"""Generators that leave something out, each with a kind that has to be missed."""


def _missing(name: str) -> list[str]:
    """Where a planted generator is found to miss the kind that it leaves out."""
    generators, kind = PLANTED[name]
    return [each for each in shortfalls(generators.census()) if each.startswith(f"{kind}: ")]


def _missing_operations() -> list[str]:
    return [each for each in shortfalls({ROWS: rows_drawn(("linear",))}) if each.startswith("relu: ")]


@audit(
    "META-GEN",
    source="derived here",
    controls={f"{name} are drawn": lambda name=name: _missing(name) for name in PLANTED}
    | {"operations of linear maps alone are drawn": _missing_operations},
)
def generators_cover_the_kinds_of_objects_maps_and_numbers():
    """Each kind of object, map, number, argument, special float and path, and each operation of the table, is drawn at
    least so often in 400 instances as laws draw them: units, empty and long arrays, equal and different pairs, constant
    and non-linear maps, unitors both ways, orders of axes that are not their own inverses, ties, zeros, large and tiny
    numbers, -0, infinities, NaN, and repeated edges.
    """
    found = Generators().census() | {ROWS: rows_drawn(("linear", "smooth", "any"))}
    return sum(map(len, LEAST.values())), shortfalls(found)
