"""Additive is not linear, and linear maps keep shapes; second derivatives along the axioms CD.6 and CD.7."""

from fractions import Fraction

from verified_cat import reference
from verified_cat.audits import audit
from verified_cat.check import Counterexample, law
from verified_cat.draw import Style
from verified_cat.equation import Equation
from verified_cat.functions import AdditiveMaps, Functions
from verified_cat.laws.additive import affine_scale
from verified_cat.laws.differential import FREE, doubled_rule
from verified_cat.laws.iterated import forward_from_reverse
from verified_cat.lens import reverse_derivative
from verified_cat.objects import SCALAR, Pair, Space, flatten, leaves
from verified_cat.primitives import Primitive, add_on, negate, pullback, scale_on, zero_on
from verified_cat.reference.cases import every_small_case
from verified_cat.terms import Discard, First, Identity, Pairing, Second, Swap
from verified_cat.worlds import Mutant


@law(
    "ADD-LIN",
    "h : A -> B",
    worlds=("additive",),
    source="Elliott 2018, section 3.3, definition of linear; the counterexample is derived here",
    equality="strict failure",
    without_solver="homogeneity does not follow from additivity, which is what the law says",
    mutants=(Mutant("additive", {"generator": affine_scale}, "scale s is taken for x ↦ x + s"),),
)
def additive_is_not_linear(world, h):
    """Maps of the table are homogeneous, h(s x) = s h(x); conjugation on C = R ⊗ R is additive, and not C-linear."""
    functions, k = world.source.functions, world.category
    for factor in (Fraction(-3, 2), Fraction(0), Fraction(2)):
        before, after = (functions.meaning(scale_on(factor, ob)) for ob in (k.dom(h), k.cod(h)))
        yield Equation(functions.compose(before, h), functions.compose(h, after))
    complex_numbers = Pair(SCALAR, SCALAR)
    conjugate = Identity(SCALAR) @ negate(())
    times_i = Swap(SCALAR, SCALAR) >> (negate(()) @ Identity(SCALAR))
    sum_first = functions.meaning(add_on(complex_numbers) >> conjugate)
    yield Equation(sum_first, functions.meaning((conjugate @ conjugate) >> add_on(complex_numbers)))
    sides = Equation(functions.meaning(times_i >> conjugate), functions.meaning(conjugate >> times_i))
    yield Counterexample(sides, ((Fraction(1),), (Fraction(0),)))


# ------------------------------------------------------------------------------------------------ shapes


def _shapes(ob, value):
    return [leaf.shape for leaf in flatten(ob, value)]


def _expected(ob):
    return [leaf.shape for leaf in leaves(ob) if isinstance(leaf, Space)]


def _shape_faults(operation, rule, zero):
    """Where the gradient of an operation, or the zero of its domain, has another shape than the domain."""
    engine = reference.SympyEngine()
    x, w = engine.symbols(operation.dom), engine.symbols(operation.cod, "w")
    y = engine.operation(operation)(x)
    for what, value in (("gradient", rule(operation)(((x, y), w))), ("zero", zero(operation.dom))):
        if _shapes(operation.dom, value) != _expected(operation.dom):
            yield f"{operation!r}: its {what} has the shapes {_shapes(operation.dom, value)}"


def _right_rule(operation):
    return Functions(reference.SympyEngine()).meaning(pullback(operation)).run


def _right_zero(ob):
    return AdditiveMaps(reference.SympyEngine()).zero_value(ob)


def _replicated(operation):
    return lambda graph_and_cotangent: graph_and_cotangent[1]


def _scalar_zero(ob):
    return reference.SympyEngine().lift(SCALAR, (Fraction(0),))


SPREAD = Primitive("broadcast", ((2, 3), (0,)))


@audit(
    "ADD-SHAPE",
    source="derived here",
    controls={
        "the gradient of a replicated value is not summed": lambda: _shape_faults(SPREAD, _replicated, _right_zero),
        "the zero of every tensor is the scalar 0": lambda: _shape_faults(SPREAD, _right_rule, _scalar_zero),
    },
)
def zeros_and_gradients_have_the_shape_of_the_input():
    """0 ∈ A has the shape of A, and a pullback gives an element of the shape of the input, for every operation."""
    cases = list(every_small_case())
    return len(cases), [fault for case in cases for fault in _shape_faults(case, _right_rule, _right_zero)]


# ------------------------------------------------------------------------------------------------ second derivatives


def _second(world, f, point, along):
    """x ↦ D[D[f]](point(x), along(x)), the outer D by forward mode of this world."""
    functions = world.source.functions
    run = world.category.differentiate(forward_from_reverse(reverse_derivative, f)).run
    here, there = functions.meaning(point), functions.meaning(along)

    def second(x):
        _, derivative = run(here.run(x))
        return derivative.run(there.run(x))

    return functions.arrow(point.dom, f.cod, second)


WRONG = (
    Mutant("forward", {"derivative": doubled_rule("multiply")}, "the derivative of a product is doubled", part="k"),
)


@law(
    "CD.6",
    "f : A => R",
    worlds=("forward",),
    source="Blute, Cockett and Seely 2009, Definition 2.1.1, in the revised numbering",
    style=Style("polynomial", 1),
    costly=True,
    without_solver=FREE,
    mutants=WRONG,
)
def derivative_is_linear_in_the_vector(world, f):
    """D[D[f]]((a, b), (0, c)) = D[f](a, c)."""
    a = f.dom
    inputs = Pair(Pair(a, a), a)
    point, c = First(Pair(a, a), a), Second(Pair(a, a), a)
    along = Pairing(Discard(inputs) >> zero_on(a), c)
    plain = Pairing(point >> First(a, a), c) >> forward_from_reverse(reverse_derivative, f)
    yield Equation(_second(world, f, point, along), world.source.functions.meaning(plain))


@law(
    "CD.7",
    "f : A => R",
    worlds=("forward",),
    source="Blute, Cockett and Seely 2009, Definition 2.1.1, in the revised numbering",
    style=Style("polynomial", 2),
    costly=True,
    without_solver=FREE,
    mutants=WRONG,
)
def mixed_partials_are_symmetric(world, f):
    """D[D[f]]((a, b), (c, d)) = D[D[f]]((a, c), (b, d))."""
    pair = Pair(f.dom, f.dom)
    one, two = First(pair, pair), Second(pair, pair)
    first, second = First(f.dom, f.dom), Second(f.dom, f.dom)
    point, along = Pairing(one >> first, two >> first), Pairing(one >> second, two >> second)
    yield Equation(_second(world, f, one, two), _second(world, f, point, along))
