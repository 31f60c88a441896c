"""Schemas that no model can have: inverse edges between spaces of different dimension, and functors to Para itself."""

from itertools import product

from verified_cat.audits import audit
from verified_cat.congruence import dimension_obstruction
from verified_cat.laws.presentations import RETRACT, THIRD
from verified_cat.networks import PARA, dense
from verified_cat.objects import UNIT, space
from verified_cat.reference.finite import Function, agree, functions
from verified_cat.schema import CYCLE_GAN, EQUALIZER, PRODUCT, Architecture, Schema, parameter_obstruction
from verified_cat.terms import LeftUnitor

# ------------------------------------------------------------------------------------------------ SCH-DIM


def _spaces(schema: Schema, *dimensions: int):
    return dict(zip(schema.objects, map(space, dimensions), strict=True))


REFUSED = (
    (PRODUCT, (3072, 3172)),
    (PRODUCT, (3172, 3072)),
    (CYCLE_GAN, (2, 3)),
    (RETRACT, (3, 2)),
)
"""Dimensions that no functor has."""

WITH_MODEL = ((PRODUCT, (5, 5)), (CYCLE_GAN, (2, 2)), (RETRACT, (2, 3)), (EQUALIZER, (5, 2, 3)), (THIRD, (2,)))
"""Dimensions with a functor: identities, R² in R³, anything to a constant, a turn by a third."""


def _dimension_faults(check) -> list[str]:
    accepted = [f"{s.name} in {d} is accepted" for s, d in REFUSED if not check(s, _spaces(s, *d))]
    return accepted + [f"{s.name} in {d} is refused" for s, d in WITH_MODEL if check(s, _spaces(s, *d))]


def _linear(m: int, n: int) -> list[Function]:
    """The linear maps F₂ᵐ → F₂ⁿ; a vector is the number with its entries as bits."""
    vectors = range(2**m)
    return [f for f in functions(2**m, 2**n) if all(f[x ^ y] == f[x] ^ f[y] for x in vectors for y in vectors)]


def _linear_models(schema: Schema, m: int, n: int) -> int:
    """How many functors to linear maps, with F₂ᵐ at A and F₂ⁿ at B, satisfy the equations."""
    sizes = {"A": 2**m, "B": 2**n}
    pairs = [{"f": f, "g": g} for f in _linear(m, n) for g in _linear(n, m)]
    return sum(all(agree(pair, e.lhs, e.rhs, range(sizes[e.lhs.source])) for e in schema.equations) for pair in pairs)


def _unequal(schema, objects) -> list[str]:
    return ["dimensions differ"] if len(set(objects.values())) > 1 else []


@audit(
    "SCH-DIM",
    source="derived here, from Brouwer 1912, invariance of domain; a correction of the slides, pp. 27-31",
    controls={
        "every schema is accepted": lambda: _dimension_faults(lambda schema, objects: []),
        "all dimensions have to be equal": lambda: _dimension_faults(_unequal),
    },
)
def inverse_edges_need_equal_dimensions():
    """id_A ~ u ; v through X needs dim A ≤ dim X, so R³⁰⁷² ≅ R³⁰⁷² × R¹⁰⁰ has no model; on a declared support it may.

    Over the field of two elements, where all linear functors can be counted, there are some just where the check says.
    """
    wrong = _dimension_faults(dimension_obstruction)
    on_support = [s for s, d in REFUSED if dimension_obstruction(s, _spaces(s, *d), s.objects)]
    wrong += [f"{schema.name} is refused on a support" for schema in on_support]
    counted = [(s, d) for s in (CYCLE_GAN, RETRACT) for d in product(range(3), repeat=2)]
    for schema, dims in counted:
        if bool(_linear_models(schema, *dims)) == bool(dimension_obstruction(schema, _spaces(schema, *dims))):
            wrong.append(f"{schema.name} in dimensions {dims}: counting says otherwise")
    return 2 * len(REFUSED) + len(WITH_MODEL) + len(counted), wrong


# ------------------------------------------------------------------------------------------------ SCH-NOFUNCT

Parametrised = tuple[Function, ...]
"""A parametrised map of finite sets: the function at each parameter."""


def _inverse_instances(f: Parametrised, g: Parametrised) -> set[tuple[int, int]]:
    """The parameters (p, q) at which f_p ; g_q is the identity: the reparametrisations 1 → P × Q to (1, id)."""
    pairs = product(enumerate(f), enumerate(g))
    return {(p, q) for (p, one), (q, two) in pairs if all(two[y] == x for x, y in enumerate(one))}


def _invertible_cell(f: Parametrised, g: Parametrised) -> bool:
    """Whether a bijection 1 → P × Q carries f ; g to (1, id)."""
    return len(f) * len(g) == 1 and bool(_inverse_instances(f, g))


def _instance(f: Parametrised, g: Parametrised) -> bool:
    """Whether some instance is the identity: what is true of models, taken for a 2-cell between parametrised maps."""
    return bool(_inverse_instances(f, g))


def _functor_faults(invertible) -> tuple[int, list[str], int]:
    """Trainable pairs that a criterion calls a functor of the quotient; and how many trainable pairs have a model."""
    families = [family for size in (1, 2) for family in product(functions(2, 2), repeat=size)]
    pairs = [(f, g) for f in families for g in families if len(f) * len(g) > 1]
    found = [f"{f} and {g} make a functor to Para" for f, g in pairs if invertible(f, g)]
    return len(pairs), found, sum(_instance(f, g) for f, g in pairs)


def _fixed():
    line = space(1)
    return {"A": line, "B": line}, {name: PARA.of(UNIT, line, line, LeftUnitor(line)) for name in ("f", "g")}


@audit(
    "SCH-NOFUNCT",
    source="derived here: a correction of the slides, pp. 21-31; Gavranović 2020, section 2.5, has it right",
    controls={"an instance is taken for an isomorphism of parametrised maps": lambda: _functor_faults(_instance)[1]},
)
def trainable_inverses_are_no_functor_to_para():
    """If f ; g ~ id, a functor of the quotient to Para needs P_f ⊗ P_g ≅ 1: none exists with trainable f and g.

    Over sets of two elements and all families of one or two functions; what exists is 1 → P_f ⊗ P_g, a model.
    """
    looked, wrong, models = _functor_faults(_invertible_cell)
    line = space(2, 1)
    images = {name: dense(2, 1, 1, name).map for name in ("f", "g")}
    trainable = Architecture(CYCLE_GAN, PARA, {"A": line, "B": line}, images)
    if len(parameter_obstruction(trainable)) != 2:
        wrong.append("two trainable inverses are accepted as a functor of the quotient")
    if parameter_obstruction(Architecture(CYCLE_GAN, PARA, *_fixed())):
        wrong.append("maps with nothing to learn are refused")
    if not models:
        wrong.append("no trainable pair has a model: the search is too small")
    return looked + 1, wrong
