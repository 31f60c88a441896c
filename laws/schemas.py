"""Schemas: free categories, the congruence, architectures and models; which schemas have none; which are the same."""

from verified_cat.category import Category
from verified_cat.check import PARA, law
from verified_cat.draw import Style
from verified_cat.equation import Equation
from verified_cat.functions import Functions
from verified_cat.laws.para import EXCHANGED
from verified_cat.objects import UNIT
from verified_cat.schema import Architecture, Edge, Functor, Path, Schema
from verified_cat.worlds import Mutant

THREE = Schema("three", ("A", "B"), (Edge("r", "A", "A"), Edge("s", "A", "A"), Edge("f", "A", "B")))
"""Two loops and an arrow out: the types do not tell the order of the loops."""

LOOPS = Schema("loops", ("A",), (Edge("r", "A", "A"), Edge("s", "A", "A")))

CHAINS = (("r", "s", "f"), ("r", "r", "f"))
PATHS = (*CHAINS, ("r", "s"), ("s", "r", "f"), ("r", "s", "r"), ("s", "r"))
"""The paths of ``THREE`` at which functors, architectures and models are looked at."""


# ------------------------------------------------------------------------------------------------ wrong readings


def read_backwards(category, first, *others):
    """A path is read from right to left where the types allow it."""
    order = [first, *others]
    loops = [f for f in order if category.dom(f) == category.cod(f)]
    turned = loops[::-1] + order[len(loops) :] if order[: len(loops)] == loops else order
    return Category.sequence(category, *turned)


def first_edge_dropped(category, first, *others):
    """A loop at the start of a path is forgotten."""
    kept = others if others and category.dom(first) == category.cod(first) else (first, *others)
    return Category.sequence(category, *kept)


def one_copy_of_repeated(para, first, *others):
    """Where the third edge is the first again it takes the first's parameter: one copy per edge."""
    right, base = Category.sequence(para, first, *others), para.base
    if len(others) != 2 or others[1] is not first or not hasattr(base, "copy"):
        return right
    p, q = first.param, others[0].param
    both = base.pair(p, q)
    again = base.pairing(base.first(both, p), base.compose(base.first(both, p), base.first(p, q)))
    return para.reparam(right, again)


def repeated_takes_the_previous(para, first, *others):
    """Where the third edge is the first again it takes the parameter of the second, where it fits."""
    right, base = Category.sequence(para, first, *others), para.base
    if len(others) != 2 or others[1] is not first or first.param != others[0].param:
        return right
    both = base.pair(first.param, first.param)
    previous = base.compose(base.first(both, first.param), base.second(first.param, first.param))
    return para.reparam(right, base.pairing(base.first(both, first.param), previous))


def second_for_first(functions, a, b):
    """(x, y) ↦ y for the first projection, where it fits."""
    return functions.second(a, b) if a == b else Functions.first(functions, a, b)


@law(
    "FREE-UP",
    "r : A -> A; s : A -> A; f : A -> B",
    worlds=("functions", "dual", "D", "lens"),
    doctrine="category",
    source="Mac Lane 1998, II.7; slides of the talk, pp. 21-22",
    style=Style("any", 1),
    mutants=(
        Mutant("functions", {"sequence": read_backwards}, "a path is read from right to left"),
        Mutant("D", {"sequence": first_edge_dropped}, "a loop at the start of a path is forgotten"),
    ),
)
def functors_out_of_the_free_category(world, r, s, f):
    """F(id) = id, F(u ; v) = F(u) ; F(v) and F(r ; s ; f) = (F r ; F s) ; F f, for any images of the edges, which may
    be repeated: F(r ; r ; f) = (F r ; F r) ; F f too.
    """
    c = world.category
    functor = Functor(THREE, c, {"A": c.dom(f), "B": c.cod(f)}, {"r": r, "s": s, "f": f})
    u, v = THREE.path("r", "s"), THREE.path("s", "r", "f")
    yield Equation(functor.on_path(Path("A")), c.identity(c.dom(f)))
    yield Equation(functor.on_path(THREE.then(u, v)), c.compose(functor.on_path(u), functor.on_path(v)))
    edges = {"r": r, "s": s, "f": f}
    for path in CHAINS:
        chain = edges[path[0]]
        for edge in path[1:]:
            chain = c.compose(chain, edges[edge])
        yield Equation(functor.on_path(THREE.path(*path)), chain)


@law(
    "SCH-ARCH",
    "r : A -> A; s : A -> A",
    worlds=PARA,
    source="Gavranović 2020, Definition 1; Gavranović 2019, section 3.3",
    equality="iso",
    mutants=(
        Mutant("para", {"sequence": one_copy_of_repeated}, "a repeated edge has one copy of its parameters"),
        EXCHANGED,
    ),
)
def architectures(world, r, s):
    """Arch(r ; s ; r) = (r ; s) ; r over (P_r ⊗ P_s) ⊗ P_r, with repetition; Arch(u ; v) = Arch u ; Arch v along α."""
    c, base = world.category, world.category.base
    architecture = Architecture(LOOPS, c, {"A": r.dom}, {"r": r, "s": s})
    path, p, q = architecture.on_path(LOOPS.path("r", "s", "r")), r.param, s.param
    params = base.pair(base.pair(p, q), p)
    inside = base.sequence(
        base.tensor(base.swap(base.pair(p, q), p), base.identity(r.dom)),
        base.associator(p, base.pair(p, q), r.dom),
        base.tensor(base.identity(p), c.compose(r, s).inside),
        r.inside,
    )
    yield Equation(path, c.of(params, r.dom, r.cod, inside))
    later = c.compose(r, architecture.on_path(LOOPS.path("s", "r")))
    yield Equation(path, c.reparam(later, base.associator(p, q, p)), along="associator")


@law(
    "SCH-MODEL",
    "r : A -> A; s : A -> A",
    worlds=("para", "para over D"),
    source="Gavranović 2020, Definitions 3 and 4",
    mutants=(
        EXCHANGED,
        Mutant("para", {"sequence": repeated_takes_the_previous}, "a repeated edge takes the parameter before it"),
        Mutant("para", {"first": second_for_first}, "the first edge takes the parameters of the second", part="base"),
    ),
)
def models(world, r, s):
    """F_p(path) is the path over shared parameters at p ∈ Π_e P_e: each edge is taken at its own p_e, wherever it is.

    So an edge that is repeated has one parameter. Representatives are needed: no point of a class of maps up to
    reparametrisation is defined.
    """
    c, base = world.category, world.category.base
    architecture = Architecture(LOOPS, c, {"A": r.dom}, {"r": r, "s": s})
    p, q = world.underneath("p", UNIT, r.param), world.underneath("q", UNIT, s.param)
    point = base.pairing(p, q)
    functor = architecture.at(point)

    def taken_at(point, f):
        return base.sequence(base.left_unitor_inverse(f.dom), base.tensor(point, base.identity(f.dom)), f.inside)

    yield Equation(functor.on_path(LOOPS.path("r")), taken_at(p, r))
    for path in (Path("A"), LOOPS.path("s", "r"), LOOPS.path("r", "s", "r")):
        yield Equation(functor.on_path(path), taken_at(point, architecture.tied(path)))
