"""Additive maps: membership, biproducts, the codiagonal, hom-sets as commutative monoids, scalars."""

from fractions import Fraction

from verified_cat.audits import audit
from verified_cat.category import Biproduct, interpret
from verified_cat.check import BIPRODUCTS, DERIVATIVES, Counterexample, law
from verified_cat.equation import Equation
from verified_cat.errors import MissingOperation
from verified_cat.functions import AdditiveMaps, Functions, left_of, pairwise
from verified_cat.laws.cartesian import ones
from verified_cat.laws.engines import exact_engine
from verified_cat.laws.monoidal import first_input_twice
from verified_cat.objects import SCALAR, Pair
from verified_cat.primitives import TABLE, Linear, add, add_on, constant, map_on, multiply, negate, scale_on
from verified_cat.primitives import row as row_of
from verified_cat.reference.cases import small
from verified_cat.terms import Copy, Discard, Identity, Pairing
from verified_cat.worlds import Mutant


def affine_scale(additive, operation):
    """scale s taken for x ↦ x + s."""
    if operation.name != "scale":
        return AdditiveMaps.generator(additive, operation)
    factor, shape = operation.arguments
    shift = Pairing(Identity(operation.dom), Discard(operation.dom) >> constant(shape, factor)) >> add(shape)
    return interpret(shift, Functions(additive.engine))


def copies_into_both(additive, a, b):
    """ι₀ : x ↦ (x, x) where it fits."""
    return additive.copy(a) if a == b else AdditiveMaps.inject_first(additive, a, b)


def sum_drops_the_second(additive, ob):
    """The sum of pairs that forgets the second summand's left half."""
    if not isinstance(ob, Pair):
        return type(additive).__mro__[1].sum_of(additive, ob)
    return pairwise(left_of, type(additive).__mro__[1].sum_of(additive, ob.right))


def ones_for_zero(additive, a, b):
    """The map to 1 in every entry, in place of 0."""
    return interpret(Discard(a) >> ones(b), Functions(additive.engine))


def first_summand(additive, f, g):
    """f + g taken for f."""
    return f


def exchanged_halves(additive, f, g):
    """[f, g] taken for [g, f] where it fits."""
    return Biproduct.copairing(additive, g, f) if f.dom == g.dom else Biproduct.copairing(additive, f, g)


INJECTION = Mutant("additive", {"inject_first": copies_into_both}, "ι₀ copies its input into both halves")
HALF_SUM = Mutant("additive", {"sum_of": sum_drops_the_second}, "the sum of pairs forgets one summand's left half")


@law(
    "ADD-HOM",
    "h : A -> B; f : A -> B",
    worlds=("additive",),
    source='Elliott 2018, Fig. "Additive functions"',
    mutants=(Mutant("additive", {"generator": affine_scale}, "scale s is taken for x ↦ x + s"),),
)
def additive_maps_are_additive(world, h, f):
    """h(0) = 0 and h(x + y) = h(x) + h(y), for every map that the category makes."""
    k = world.category
    functions = world.source.functions
    for each in (h, k.add(h, f), k.compose(k.merge(k.dom(h)), h)):
        a, b = k.dom(each), k.cod(each)
        yield Equation(functions.compose(k.zero(k.unit, a), each), k.zero(k.unit, b))
        after = functions.compose(k.merge(a), each)
        yield Equation(after, functions.compose(functions.tensor(each, each), k.merge(b)))


@law(
    "ADD-BIPROD",
    "A B",
    worlds=BIPRODUCTS,
    source="Mac Lane 1998, VIII.2; Macedo and Oliveira 2013",
    mutants=(INJECTION,),
)
def biproducts(world, a, b):
    """ι₀ ; π₀ = id, ι₁ ; π₁ = id, ι₀ ; π₁ = 0, ι₁ ; π₀ = 0, and π₀ ; ι₀ + π₁ ; ι₁ = id."""
    k = world.category
    first, second = k.first(a, b), k.second(a, b)
    one, two = k.inject_first(a, b), k.inject_second(a, b)
    yield Equation(k.compose(one, first), k.identity(a))
    yield Equation(k.compose(two, second), k.identity(b))
    yield Equation(k.compose(one, second), k.zero(a, b))
    yield Equation(k.compose(two, first), k.zero(b, a))
    yield Equation(k.add(k.compose(first, one), k.compose(second, two)), k.identity(k.pair(a, b)))


@law(
    "ADD-COCART",
    "f : A -> C; g : B -> C; h : A @ B -> C",
    worlds=BIPRODUCTS,
    source="Elliott 2018, sections 4.4 and 4.5 (join and unjoin)",
    mutants=(INJECTION, Mutant("additive", {"copairing": exchanged_halves}, "[f, g] is taken for [g, f]")),
)
def universal_property_of_the_coproduct(world, f, g, h):
    """ι₀ ; [f, g] = f, ι₁ ; [f, g] = g, and h = [ι₀ ; h, ι₁ ; h]."""
    k = world.category
    a, b = k.dom(f), k.dom(g)
    one, two = k.inject_first(a, b), k.inject_second(a, b)
    yield Equation(k.compose(one, k.copairing(f, g)), f)
    yield Equation(k.compose(two, k.copairing(f, g)), g)
    yield Equation(k.copairing(k.compose(one, h), k.compose(two, h)), h)


@law(
    "ADD-JAM",
    "f : A -> B",
    worlds=BIPRODUCTS,
    source="Elliott 2018, section 4.4; Macedo and Oliveira 2013",
    mutants=(HALF_SUM, Mutant("additive", {"zero": ones_for_zero}, "the unit of ∇ is 1 in every entry")),
)
def jam_is_a_natural_commutative_monoid(world, f):
    """∇ ; f = (f ⊗ f) ; ∇, 0 ; f = 0, and ∇ is associative, commutative and has the unit 0."""
    k = world.category
    a, b = k.dom(f), k.cod(f)
    yield Equation(k.compose(k.merge(a), f), k.compose(k.tensor(f, f), k.merge(b)))
    yield Equation(k.compose(k.zero(k.unit, a), f), k.zero(k.unit, b))
    merge, one = k.merge(a), k.identity(a)
    left = k.compose(k.tensor(merge, one), merge)
    yield Equation(left, k.sequence(k.associator(a, a, a), k.tensor(one, merge), merge))
    yield Equation(k.compose(k.swap(a, a), merge), merge)
    yield Equation(k.compose(k.tensor(k.zero(k.unit, a), one), merge), k.left_unitor(a))


@law(
    "JAM-SQUARE",
    worlds=("functions", *DERIVATIVES),
    source="our own, beside ADD-JAM; Elliott 2018, section 4.4",
    equality="strict failure",
    without_solver="the statement is about the square of particular numbers",
    minimum=1,
    mutants=(Mutant("functions", {"tensor": first_input_twice}, "f ⊗ g gives both maps the first input"),),
)
def jam_is_not_natural_for_squares(world):
    """∇ ; f = (f ⊗ f) ; ∇ says that f is additive: for f = x² at (3, 5) the sides are 64 and 34."""
    c, functions = world.category, world.source.functions
    merge, square = add(()), Copy(SCALAR) >> multiply(())
    point = Pairing(constant((), 3), constant((), 5))
    for side, number in ((merge >> square, 64), ((square @ square) >> merge, 34)):
        yield Equation(functions.meaning(point >> side), functions.meaning(constant((), number)))
    after, before = interpret(merge >> square, c), interpret((square @ square) >> merge, c)
    at, zero = ((Fraction(3),), (Fraction(5),)), (Fraction(0),)
    points = {"functions": at, "D": (at, zero), "forward": (at, (zero, zero))}
    yield Counterexample(Equation(after, before), points[world.name])


@law(
    "ADD-HOMCMON",
    "f : A -> B; g : A -> B; e : X -> A; h : B -> C",
    worlds=BIPRODUCTS,
    source='Elliott 2018, appendix "Abelian categories"; Macedo and Oliveira 2013, equations 16 and 17',
    mutants=(Mutant("additive", {"add": first_summand}, "f + g is taken for f"),),
)
def homs_are_monoids_and_composition_is_bilinear(world, f, g, e, h):
    """f + g = g + f, f + 0 = f, e ; (f + g) = e ; f + e ; g, (f + g) ; h = f ; h + g ; h, and 0 ; h = 0 = e ; 0."""
    k = world.category
    a, b, c = k.dom(f), k.cod(f), k.cod(h)
    yield Equation(k.add(f, g), k.add(g, f))
    yield Equation(k.add(f, k.zero(a, b)), f)
    yield Equation(k.add(k.add(f, g), f), k.add(f, k.add(g, f)))
    yield Equation(k.compose(e, k.add(f, g)), k.add(k.compose(e, f), k.compose(e, g)))
    yield Equation(k.compose(k.add(f, g), h), k.add(k.compose(f, h), k.compose(g, h)))
    yield Equation(k.compose(k.zero(a, b), h), k.zero(a, c))
    yield Equation(k.compose(e, k.zero(a, b)), k.zero(k.dom(e), b))


@law(
    "ADD-BIALG",
    "A",
    worlds=BIPRODUCTS,
    source="standard; stated and checked here",
    mutants=(Mutant("additive", {"tensor": first_input_twice}, "f ⊗ g gives both maps the first input"),),
)
def copy_and_jam_form_a_bialgebra(world, a):
    """∇ ; Δ = (Δ ⊗ Δ) ; mid4 ; (∇ ⊗ ∇), ∇ ; ! = (! ⊗ !) ; λ, 0 ; Δ = λ⁻¹ ; (0 ⊗ 0) and 0 ; ! = id on 1."""
    k = world.category
    copy, merge, point = k.copy(a), k.merge(a), k.zero(k.unit, a)
    around = k.sequence(k.tensor(copy, copy), k.middle_four(a, a, a, a), k.tensor(merge, merge))
    yield Equation(k.compose(merge, copy), around)
    both = k.compose(k.tensor(k.discard(a), k.discard(a)), k.left_unitor(k.unit))
    yield Equation(k.compose(merge, k.discard(a)), both)
    yield Equation(k.compose(point, copy), k.compose(k.left_unitor_inverse(k.unit), k.tensor(point, point)))
    yield Equation(k.compose(point, k.discard(a)), k.identity(k.unit))


@law(
    "ADD-FORK",
    "u : A -> C; v : B -> C; x : A -> B; y : A -> C",
    worlds=BIPRODUCTS,
    source='Macedo and Oliveira 2013; Elliott 2018, appendix "Abelian categories", its right sides exchanged back',
    mutants=(INJECTION, Mutant("additive", {"add": first_summand}, "f + g is taken for f")),
)
def pairing_and_copairing_by_sums(world, u, v, x, y):
    """[u, v] = π₀ ; u + π₁ ; v, ⟨x, y⟩ = x ; ι₀ + y ; ι₁, [u, 0] = π₀ ; u and ⟨x, 0⟩ = x ; ι₀."""
    k = world.category
    a, b, c = k.dom(u), k.dom(v), k.cod(u)
    first, second = k.compose(k.first(a, b), u), k.compose(k.second(a, b), v)
    yield Equation(k.copairing(u, v), k.add(first, second))
    left, right = k.compose(x, k.inject_first(b, c)), k.compose(y, k.inject_second(b, c))
    yield Equation(k.pairing(x, y), k.add(left, right))
    yield Equation(k.copairing(u, k.zero(b, c)), first)
    yield Equation(k.pairing(x, k.zero(a, c)), left)


@law(
    "ADD-SCALE",
    "h : A -> B",
    worlds=("additive",),
    source="Elliott 2018, section 4.6; bgavran/Compositional_Deep_Learning, GAD.hs",
    without_solver="the factors are particular numbers",
    mutants=(Mutant("additive", {"generator": affine_scale}, "scale s is taken for x ↦ x + s"),),
)
def scalars(world, h):
    """scale 1 = id, scale s ; scale t = scale st, scale (s + t) = scale s + scale t, scale -1 = -, ∇ = +; h scales."""
    k = world.category
    a, b = k.dom(h), k.cod(h)
    s, t = Fraction(3, 8), Fraction(-5, 4)

    def scale(factor, ob):
        return interpret(scale_on(factor, ob), k)

    yield Equation(scale(1, a), k.identity(a))
    yield Equation(k.compose(scale(s, a), scale(t, a)), scale(s * t, a))
    yield Equation(scale(s + t, a), k.add(scale(s, a), scale(t, a)))
    yield Equation(scale(-1, a), interpret(map_on(a, negate), k))
    yield Equation(k.merge(a), interpret(add_on(a), k))
    yield Equation(k.compose(scale(s, a), h), k.compose(h, scale(s, b)))


# ------------------------------------------------------------------------------------------------ membership


def admitted(additive):
    """The rows of the table that the additive maps take in though they are not linear, or refuse though they are."""
    for name in TABLE:
        operation, *_ = small(name)
        try:
            additive.generator(operation)
        except MissingOperation:
            if isinstance(row_of(name), Linear):
                yield f"{name} is linear, and is refused"
        else:
            if not isinstance(row_of(name), Linear):
                yield f"{name} is not linear, and is taken in"


class _TakesAll(AdditiveMaps):
    """Additive maps that take in every operation, as the Haskell seed's instances do."""

    def generator(self, operation):
        return Functions.generator(self, operation)


@audit(
    "DUAL-LIN",
    source="derived here; bgavran/Compositional_Deep_Learning, Dual.hs",
    controls={"every operation passes for additive": lambda: admitted(_TakesAll(exact_engine()))},
)
def only_linear_operations_are_additive_maps():
    """Every linear row of the table is an additive map and so has a Dual; no other row is or has."""
    return len(TABLE), list(admitted(AdditiveMaps(exact_engine())))
