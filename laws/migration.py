"""Data migration along a map of schemas: Δ, its adjoints Σ and Π on finite instances, and where there are none."""

from dataclasses import replace
from fractions import Fraction

from verified_cat.audits import audit
from verified_cat.check import Counterexample, law
from verified_cat.draw import Style
from verified_cat.equation import Equation
from verified_cat.functions import AdditiveMaps
from verified_cat.laws.presentations import IDEMPOTENT
from verified_cat.objects import SCALAR, UNIT, Pair
from verified_cat.primitives import constant, multiply
from verified_cat.reference.finite import presented
from verified_cat.reference.migration import (
    SchemaMap,
    after,
    composite,
    counit,
    delta,
    delta_on,
    homs,
    identity_map,
    instances,
    is_identity,
    natural,
    pi,
    sigma,
    unit,
)
from verified_cat.schema import CYCLE_GAN, Edge, Path, Schema
from verified_cat.terms import Copy, Identity
from verified_cat.worlds import Mutant

POINT = presented(Schema("point", ("*",), ()))
TWO = presented(Schema("two points", ("0", "1"), ()))
ARROW = presented(Schema("arrow", ("0", "1"), (Edge("e", "0", "1"),)))
ISO, LOOP = presented(CYCLE_GAN), presented(IDEMPOTENT)

ENDS = SchemaMap(TWO, ARROW, {"0": "0", "1": "1"}, {})
START = SchemaMap(POINT, ARROW, {"*": "0"}, {})
END = SchemaMap(POINT, ARROW, {"*": "1"}, {})
INTO_ISO = SchemaMap(ARROW, ISO, {"0": "A", "1": "B"}, {"e": Path("A", ("f",))})
INTO_LOOP = SchemaMap(ARROW, LOOP, {"0": "A", "1": "A"}, {"e": Path("A", ("r",))})
COLLAPSE = SchemaMap(ARROW, POINT, {"0": "*", "1": "*"}, {"e": Path("*")})
FLAT = SchemaMap(ISO, POINT, {"A": "*", "B": "*"}, {"f": Path("*"), "g": Path("*")})
STILL = SchemaMap(LOOP, POINT, {"A": "*"}, {"r": Path("*")})
FOLD = SchemaMap(TWO, POINT, {"0": "*", "1": "*"}, {})

MAPS = (ENDS, START, END, INTO_ISO, INTO_LOOP, COLLAPSE, FLAT, STILL, FOLD)
PAIRS = ((ENDS, COLLAPSE), (ENDS, INTO_ISO), (START, INTO_ISO), (END, INTO_LOOP), (INTO_ISO, FLAT), (INTO_LOOP, STILL))


# ------------------------------------------------------------------------------------------------ MIG-DELTA


def _delta_faults(delta) -> tuple[int, list[str]]:
    """Instances and transformations for which Δ is no functor, or not contravariant in the map."""
    looked, found = 0, []
    for f in MAPS:
        known = list(instances(f.target, 2))
        for instance in known:
            looked += 1
            if delta(identity_map(f.target), instance) != instance:
                found.append(f"Δ along the identity changes {instance}")
            for other in known:
                moved = [(delta(f, instance), delta(f, other), delta_on(f, t)) for t in homs(instance, other)]
                found += [f"Δ of a transformation is none: {t}" for one, two, t in moved if not natural(one, two, t)]
    for f, g in PAIRS:
        for instance in instances(g.target, 2):
            looked += 1
            if delta(composite(f, g), instance) != delta(f, delta(g, instance)):
                found.append(f"Δ along a composite is not the composite at {instance}")
    return looked, found


def _on_objects_alone(f, instance):
    """F ; J on objects; on arrows the first function that fits."""
    right = delta(f, instance)
    return replace(right, edges={name: tuple(0 for _ in values) for name, values in right.edges.items()})


def _loops_forgotten(f, instance):
    """F ; J, with every edge that F sends to a loop sent to an identity."""

    def image(edge):
        loop = f.objects[edge.source] == f.objects[edge.target]
        return Path(f.objects[edge.source]) if loop else f.edges[edge.name]

    return delta(replace(f, edges={edge.name: image(edge) for edge in f.source.schema.edges}), instance)


@audit(
    "MIG-DELTA",
    source="Spivak 2012, functorial data migration, arXiv 1009.1166",
    controls={
        "precomposition on objects alone": lambda: _delta_faults(_on_objects_alone)[1],
        "loops are sent to identities": lambda: _delta_faults(_loops_forgotten)[1],
    },
)
def migration_back_is_a_strict_functor():
    """Δ_id = id, Δ_(F ; G) = Δ_F after Δ_G, and Δ_F takes transformations to transformations, all on the nose.

    For all instances with sets of up to two elements along nine maps between five small categories.
    """
    looked, found = _delta_faults(delta)
    return looked, found + [fault for f in MAPS for fault in f.faults()]


# ------------------------------------------------------------------------------------------------ MIG-ADJ


def _transposes(f, extend, left: bool):
    """For all instances I, J: Hom(ΣI, J) → Hom(I, ΔJ), t ↦ η ; Δt, or Hom(J, ΠI) → Hom(ΔJ, I), t ↦ Δt ; ε."""
    for instance in instances(f.source, 2):
        extension = extend(f, instance)
        edge = unit(f, instance, extension) if left else counit(f, instance, extension)
        for other in instances(f.target, 2):
            back = delta(f, other)
            if left:
                yield [after(edge, delta_on(f, t)) for t in homs(extension.instance, other)], homs(instance, back)
            else:
                yield [after(delta_on(f, t), edge) for t in homs(other, extension.instance)], homs(back, instance)


def _adjoint_faults(extend, left: bool) -> tuple[int, list[str]]:
    """Where a transpose is no bijection; and how many transformations there were."""
    looked, found = 0, []
    for f in MAPS:
        for transposed, wanted in _transposes(f, extend, left):
            looked += len(wanted)
            if len(transposed) != len(wanted) or any(t not in transposed for t in wanted):
                found.append(f"{f.source.schema.name} → {f.target.schema.name}: {len(transposed)}, not {len(wanted)}")
    return looked, found


def _composite_faults(f, g) -> list[str]:
    """Instances at which the comparison of Σ along a composite with the composite, or of Π, is not invertible."""
    found, both = [], composite(f, g)
    for instance in instances(f.source, 2):
        for extend in (sigma, pi):
            whole, inner = extend(both, instance), extend(f, instance)
            outer = extend(g, inner.instance)
            comparisons = _comparisons(f, g, instance, whole, inner, outer, left=extend is sigma)
            if len(comparisons) != 1 or not _invertible(comparisons[0], whole.instance, outer.instance):
                found.append(f"{extend.__name__} along a composite differs at {instance}")
    return found


def _comparisons(f, g, instance, whole, inner, outer, *, left):
    """The transformations Σ_(F ; G) I → Σ_G Σ_F I that carry η to η ; Δη, or those of Π that carry ε to Δε ; ε."""
    both = composite(f, g)
    if left:
        edge = after(unit(f, instance, inner), delta_on(f, unit(g, inner.instance, outer)))
        one = unit(both, instance, whole)
        return [t for t in homs(whole.instance, outer.instance) if after(one, delta_on(both, t)) == edge]
    edge = after(delta_on(f, counit(g, inner.instance, outer)), counit(f, instance, inner))
    one = counit(both, instance, whole)
    return [t for t in homs(outer.instance, whole.instance) if after(delta_on(both, t), one) == edge]


def _invertible(t, one, two) -> bool:
    return one.sizes == two.sizes and all(is_identity({"": tuple(sorted(values))}) for values in t.values())


def _union(f, instance):
    """Σ as the union of the sets instead of their disjoint union."""
    return sigma(f, instance, glued=False)


def _unglued(f, instance):
    """Σ as the disjoint union, with nothing glued along the arrows of the source."""
    schema = replace(f.source.schema, edges=(), equations=())
    return sigma(replace(f, source=presented(schema), edges={}), replace(instance, edges={}))


def _all_families(f, instance):
    """Π as the product, with families that are not compatible."""
    schema = replace(f.source.schema, edges=(), equations=())
    return pi(replace(f, source=presented(schema), edges={}), replace(instance, edges={}))


@audit(
    "MIG-ADJ",
    source="Spivak 2012, functorial data migration, arXiv 1009.1166",
    controls={
        "Σ as a union": lambda: _adjoint_faults(_union, True)[1],
        "Σ without gluing": lambda: _adjoint_faults(_unglued, True)[1],
        "Π as a product": lambda: _adjoint_faults(_all_families, False)[1],
    },
)
def migration_has_both_adjoints():
    """Σ_F ⊣ Δ_F ⊣ Π_F: transposing along the unit, and along the counit, is a bijection; Σ and Π compose up to iso.

    For all instances with sets of up to two elements along nine maps. A universal arrow from each instance is an
    adjunction, so naturality and the triangle identities follow (Mac Lane 1998, IV.1, Theorem 2).
    """
    (low, left), (high, right) = _adjoint_faults(sigma, True), _adjoint_faults(pi, False)
    return low + high, left + right + [fault for pair in PAIRS for fault in _composite_faults(*pair)]


# ------------------------------------------------------------------------------------------------ MIG-SMOOTH


def second_injected_first(maps, a, b):
    """ι₁ puts its argument first where it fits."""
    return AdditiveMaps.inject_first(maps, a, b) if a == b else AdditiveMaps.inject_second(maps, a, b)


def counted_twice(maps, a):
    """(x, y) ↦ x + x."""
    add = AdditiveMaps.merge(maps, a)
    return maps.arrow(Pair(a, a), a, lambda xy: add((xy[0], xy[0])))


@law(
    "MIG-SMOOTH",
    "f : A -> C; g : B -> C; u : C -> A; v : C -> B",
    worlds=("additive",),
    source="derived here: the answer to the question of slide 35",
    equality="strict failure",
    without_solver="the failure is of particular maps on R",
    style=Style("linear", 1),
    mutants=(
        Mutant("additive", {"inject_second": second_injected_first}, "the second injection is the first"),
        Mutant("additive", {"merge": counted_twice}, "addition forgets its second argument"),
    ),
)
def sums_of_spaces_are_linear_only(world, f, g, u, v):
    """For additive maps A ⊗ B is Σ and Π of (A, B) at once; for smooth maps it is Π alone, and Σ does not exist.

    Were S a sum of Rᵐ and Rⁿ, one map h : S → R would be 0 on the one and 1 on the other; h² is too, so h = h², and h
    is constant as S is connected. On S = R with the points 0 and 1: h = t and h² differ at ½. In A ⊗ B, both meet at 0.
    """
    c, meaning, a, b = world.category, world.source.functions.meaning, f.dom, g.dom
    one, two = c.inject_first(a, b), c.inject_second(a, b)
    whole = c.copairing(f, g)
    yield Equation(c.compose(one, whole), f)
    yield Equation(c.compose(two, whole), g)
    both = c.pairing(u, v)
    yield Equation(c.compose(both, c.first(a, b)), u)
    yield Equation(c.compose(both, c.second(a, b)), v)
    yield Equation(c.copairing(one, two), c.identity(Pair(a, b)))
    yield Equation(c.compose(both, whole), c.add(c.compose(u, f), c.compose(v, g)))
    square = Copy(SCALAR) >> multiply(())
    for point in (0, 1):
        yield Equation(meaning(constant((), point)), meaning(constant((), point) >> square))
    yield Counterexample(Equation(meaning(Identity(SCALAR)), meaning(square)), (Fraction(1, 2),))
    zero = c.zero(UNIT, SCALAR)
    yield Equation(c.compose(zero, c.inject_first(SCALAR, SCALAR)), c.compose(zero, c.inject_second(SCALAR, SCALAR)))
    yield Counterexample(Equation(meaning(constant((), 0)), meaning(constant((), 1))), ())
