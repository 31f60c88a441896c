"""Special floats: -0, infinities, NaN, the ends of the range: moving keeps their bits, and IEEE 754 says the rest.

The second is what sees a function that is right wherever the numbers are plain, such as log of |x| or NaN taken for 0.
"""

from verified_cat.check import LAWS, Bitwise, instance, law
from verified_cat.equation import Equation
from verified_cat.functions import Functions
from verified_cat.laws.floats import ROUNDED, apart
from verified_cat.loss import absolute
from verified_cat.objects import Pair
from verified_cat.primitives import (
    add,
    broadcast,
    constant,
    contract,
    exp,
    multiply,
    permute,
    primitive,
    reciprocal,
    reshape,
    scale,
    step,
    sum_axes,
)
from verified_cat.terms import Copy, Discard, First, Identity, Pairing, Second
from verified_cat.worlds import Mutant

# ------------------------------------------------------------------------------------------------ what only moves


def negated_twice_and_shifted(functions, a, b):
    """σ by way of x + 0: right for every number, but -0 becomes 0."""
    right = Functions.swap(functions, a, b)
    nothing = functions.meaning(_with_zero(right.cod)).run
    return functions.arrow(right.dom, right.cod, lambda x: nothing(right.run(x)))


def _with_zero(ob):
    """x ↦ x + 0, leaf by leaf."""
    if isinstance(ob, Pair):
        return _with_zero(ob.left) @ _with_zero(ob.right)
    if not hasattr(ob, "shape"):
        return Identity(ob)
    return Pairing(Identity(ob), Discard(ob) >> constant(ob.shape, 0)) >> add(ob.shape)


CATEGORY = ("CAT-UNIT", "CAT-ASSOC", "MON-FUNCT", "MON-ISO", "MON-COH", "MON-MID4")
MOVING = {
    "functions": (*CATEGORY, "CART-UNIV", "CART-NAT", "CART-COMON", "LL-LAWS"),
    "forward": ("CAT-ASSOC", "CART-UNIV", "CART-COMON"),
    "D": (*CATEGORY, "CART-DISC"),
    "lens": ("LENS-CAT", "LENS-MON", "MON-ISO"),
    "para": ("PARA-COMP", "PARA-ASSOC", "PARA-UNIT", "PARA-2CAT", "PARA-COH", "PARA-INTERCHANGE", "PARA-SYM"),
    "para over D": ("PARA-ASSOC", "PARA-UNIT", "PARA-INTERCHANGE"),
    "learn": ("LEARN-CAT", "LEARN-MON"),
}
"""In each world laws whose sides form the same numbers in the same order, and move them about."""


@law(
    "FLOAT-MOVE",
    worlds=tuple(MOVING),
    source="derived here; IEEE 754-2019, sections 5.5.1 and 6.2",
    equality="bitwise",
    costly=True,
    minimum=2,
    floats=ROUNDED,
    mutants=(Mutant("functions", {"swap": negated_twice_and_shifted}, "what is exchanged has 0 added to it"),),
)
def what_is_moved_keeps_its_bits(world):
    """Categories, tensors, products of functions, parameters, lenses and learners hold bit for bit at special floats:
    at -0, infinities, NaN (any NaN is as good as another), subnormal numbers and the largest ones.

    Products in reverse mode do not: w + 0 is not w at w = -0, unless zeros are symbolic. Nor do additive laws.
    """
    for name in MOVING[world.name]:
        for found in instance(LAWS[name], apart(world, name)):
            yield Bitwise(found, special=True)


# ------------------------------------------------------------------------------------------------ what is computed


def of_the_size(functions, operation):
    """log |x| and 1 / |x| for log x and 1 / x."""
    right = Functions.generator(functions, operation)
    if operation.name not in ("log", "reciprocal"):
        return right
    return Functions.compose(functions, functions.meaning(absolute(operation.dom.shape)), right)


def sigmoid_that_overflows(functions, operation):
    """eˣ / (1 + eˣ)."""
    if operation.name != "sigmoid":
        return Functions.generator(functions, operation)
    shape = operation.dom.shape
    one = Discard(operation.dom) >> constant(shape, 1)
    below = Pairing(one, Identity(operation.dom)) >> add(shape) >> reciprocal(shape)
    return functions.meaning(exp(shape) >> Pairing(Identity(operation.dom), below) >> multiply(shape))


def relu_as_a_product(functions, operation):
    """x · step(x)."""
    if operation.name != "relu":
        return Functions.generator(functions, operation)
    shape = operation.dom.shape
    return functions.meaning(Copy(operation.dom) >> (Identity(operation.dom) @ step(shape)) >> multiply(shape))


INFINITE, NAN = float("inf"), float("nan")

UNARY = {
    "exp": ((INFINITE, INFINITE), (-INFINITE, 0.0), (NAN, NAN), (0.0, 1.0), (-0.0, 1.0)),
    "log": ((INFINITE, INFINITE), (NAN, NAN), (0.0, -INFINITE), (-0.0, -INFINITE), (-1.0, NAN), (-INFINITE, NAN)),
    "reciprocal": (
        *((INFINITE, 0.0), (-INFINITE, -0.0), (NAN, NAN), (0.0, INFINITE), (-0.0, -INFINITE)),
        *((-2.0, -0.5), (0.25, 4.0)),
    ),
    "sqrt": ((INFINITE, INFINITE), (NAN, NAN), (0.0, 0.0), (-0.0, -0.0), (-1.0, NAN), (-INFINITE, NAN), (4.0, 2.0)),
    "sin": ((INFINITE, NAN), (-INFINITE, NAN), (NAN, NAN), (0.0, 0.0), (-0.0, -0.0)),
    "cos": ((INFINITE, NAN), (-INFINITE, NAN), (NAN, NAN), (0.0, 1.0), (-0.0, 1.0)),
    "tanh": ((INFINITE, 1.0), (-INFINITE, -1.0), (NAN, NAN), (0.0, 0.0), (-0.0, -0.0)),
    "sigmoid": ((INFINITE, 1.0), (-INFINITE, 0.0), (NAN, NAN), (0.0, 0.5), (-0.0, 0.5)),
    "relu": ((INFINITE, INFINITE), (-INFINITE, 0.0), (NAN, NAN), (3.0, 3.0)),
    "step": ((INFINITE, 1.0), (-INFINITE, 0.0), (NAN, 0.0), (0.0, 0.0), (-0.0, 0.0)),
    "negate": ((INFINITE, -INFINITE), (-INFINITE, INFINITE), (NAN, NAN), (0.0, -0.0), (-0.0, 0.0)),
}
"""x and f(x). Of sigmoid, relu and step, which the standard does not know: their limits, and NaN is not above 0."""

BINARY = {
    "add": (
        *((INFINITE, -INFINITE, NAN), (INFINITE, -1.0, INFINITE), (NAN, 1.0, NAN), (1.0, NAN, NAN)),
        *((-0.0, -0.0, -0.0), (-0.0, 0.0, 0.0), (1.0, -1.0, 0.0)),
    ),
    "multiply": (
        *((0.0, INFINITE, NAN), (-INFINITE, 2.0, -INFINITE), (NAN, 0.0, NAN), (1.0, NAN, NAN)),
        *((-1.0, 0.0, -0.0), (-0.0, -2.0, 0.0), (INFINITE, -INFINITE, -INFINITE)),
    ),
}
"""x, y and their sum or product."""

ROWS = ((INFINITE, 1.0, -INFINITE), (1.0, NAN, 2.0), (INFINITE, 1.0, 2.0), (1.0, 2.0, -INFINITE))
SUMS = (NAN, NAN, INFINITE, -INFINITE)
SPREAD = (0.0, -0.0, INFINITE, -INFINITE, NAN, 1.0)


def _at(term, x, y):
    """f(x) = y to the bit."""
    return Bitwise(Equation(First(term.dom, term.cod) >> term, Second(term.dom, term.cod)), point=(x, y))


@law(
    "FLOAT-SPECIAL",
    worlds=("functions",),
    source="IEEE 754-2019, sections 6.1 to 6.3, 7.2, 7.3 and 9.2.1",
    equality="bitwise",
    floats=ROUNDED,
    mutants=(
        Mutant("functions", {"generator": of_the_size}, "log and 1/x are those of |x|"),
        Mutant("functions", {"generator": sigmoid_that_overflows}, "sigmoid is eˣ / (1 + eˣ): NaN at ∞"),
        Mutant("functions", {"generator": relu_as_a_product}, "relu is x · step(x): NaN at -∞"),
    ),
)
def operations_at_special_floats(world):
    """Each operation at ±0, ±∞, NaN and outside its domain is as the standard says, in vectors: ∞ - ∞, 0 · ∞, log(-1)
    and √(-1) are NaN, 1/±0 = ±∞, log 0 = -∞, NaN stays NaN in sums and products, and moved entries keep their bits.

    Left out: the sign of relu at 0, and x times the constant 0, which may be the zero map.
    """
    for name, values in UNARY.items():
        yield _at(primitive(name, (len(values),)), *zip(*values, strict=True))
    for name, triples in BINARY.items():
        x, y, z = zip(*triples, strict=True)
        yield _at(primitive(name, (len(triples),)), (x, y), z)
    flat, shape = sum(ROWS, ()), (len(ROWS), 3)
    yield _at(sum_axes(shape, (1,)), flat, SUMS)
    yield _at(contract("ij,j->i", shape, (3,)), (flat, (1.0, 1.0, 1.0)), SUMS)
    yield _at(contract("i,i->", (3,), (3,)), ((1.0, 1.0, 0.0), (2.0, 3.0, INFINITE)), (NAN,))
    yield _at(scale(-2, (6,)), SPREAD, (-0.0, 0.0, -INFINITE, INFINITE, NAN, -2.0))
    yield _at(reshape((6,), (2, 3)), SPREAD, SPREAD)
    yield _at(permute((2, 3), (1, 0)), SPREAD, SPREAD[0::3] + SPREAD[1::3] + SPREAD[2::3])
    yield _at(broadcast((2, 6), (0,)), SPREAD, SPREAD * 2)
