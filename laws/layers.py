"""Structured layers: reshaping, repeating, permuting, summing, contracting, convolving and pooling, at every size."""

from fractions import Fraction

from verified_cat.check import law
from verified_cat.equation import Equation
from verified_cat.layers import average_pool, convolution, convolution_of_images, gather, scatter
from verified_cat.lens import LensMap, ReverseDerivative
from verified_cat.loss import total
from verified_cat.primitives import broadcast, contract, multiply_on, permute, reshape, scale_on, sum_axes
from verified_cat.terms import First, Generator, Identity, Pairing, Second
from verified_cat.worlds import Mutant


def transposed_by_itself(category, operation):
    """A permutation is pulled back by itself instead of by its inverse, where that fits."""
    right = ReverseDerivative.generator(category, operation)
    if operation.name != "permute" or operation.dom != operation.cod:
        return right
    put = Second(operation.dom, operation.cod) >> Generator(operation)
    return LensMap(right.dom, right.cod, right.get, put)


def mean_for_sum(category, operation):
    """The pullback of a repetition is a mean, as of a layer that is averaged over what it was repeated along."""
    right = ReverseDerivative.generator(category, operation)
    if operation.name != "broadcast":
        return right
    return LensMap(right.dom, right.cod, right.get, right.put >> scale_on(Fraction(1, 2), operation.dom))


def one_factor_for_the_other(category, operation):
    """A square matrix product whose first gradient is contracted with the factor itself, not its transpose."""
    right = ReverseDerivative.generator(category, operation)
    if operation.name != "contract" or operation.arguments != ("ij,jk->ik", (2, 2), (2, 2)):
        return right
    square = operation.cod
    point, cotangent = First(operation.dom, square), Second(operation.dom, square)
    wrong = Pairing(cotangent, point >> Second(square, square)) >> Generator(operation)
    second = right.put >> Second(square, square)
    return LensMap(right.dom, right.cod, right.get, Pairing(wrong, second))


SHAPES = ((), (0,), (3,), (2, 3), (0, 2), (2, 0), (2, 2, 2))
SIZES = ((2, 3, 1), (2, 2, 2), (0, 2, 3), (2, 0, 3), (2, 3, 0))
CONVOLUTIONS = ((1, 3, 1, 2), (2, 3, 2, 3), (2, 2, 1, 1), (0, 2, 2, 1), (2, 2, 0, 1))
IMAGES = ((1, (3, 2), 1, (2, 1)), (2, (2, 2), 1, (1, 2)), (0, (2, 2), 1, (1, 1)))
POSITIONS = ((3, (2, 0, 2)), (2, (1,)), (3, ()), (4, (3, 1, 0, 2)))
POOLS = ((1, 5, 2), (2, 4, 2), (1, 1, 2), (0, 3, 2))


def linear_layers():
    """Reshapes, repetitions, permutations, sums and pools, at scalar, plain and empty shapes."""
    for shape in SHAPES:
        axes = tuple(range(len(shape)))
        yield reshape(shape, (*shape, 1))
        yield permute(shape, (*axes[1:], *axes[:1]))
        for some in {(), axes[:1], axes}:
            yield sum_axes(shape, some)
            yield broadcast(shape, some)
    yield from (average_pool(*size) for size in POOLS)
    for length, positions in POSITIONS:
        yield from (gather(length, positions), scatter(length, positions))


def bilinear_layers():
    """Matrix products and convolutions, also where an axis has length 0."""
    yield from (contract("ij,jk->ik", (i, j), (j, k)) for i, j, k in SIZES)
    yield from (convolution(*size) for size in CONVOLUTIONS)
    yield from (convolution_of_images(*size) for size in IMAGES)


ORDERS = (((2, 2, 2), (1, 2, 0)), ((2, 2), (1, 0)), ((2, 3, 2), (2, 0, 1)), ((2, 2, 2, 2), (2, 3, 1, 0)))
"""Shapes and orders of their axes, of which some are not their own inverses though the lengths would fit."""


def _all_but(axis, shape):
    """x ↦ Σ over all axes but one."""
    return sum_axes(shape, tuple(each for each in range(len(shape)) if each != axis))


def inner(ob):
    """(x, y) ↦ ⟨x, y⟩."""
    return multiply_on(ob) >> total(ob)


@law(
    "CONV-ADJ",
    worlds=("R",),
    source="derived here, from DUAL-ADJ",
    without_solver="the layers are operations of the table on numbers",
    costly=True,
    minimum=2,
    mutants=(
        Mutant("R", {"generator": transposed_by_itself}, "a permutation is pulled back by itself"),
        Mutant("R", {"generator": mean_for_sum}, "a repetition is pulled back by a mean"),
        Mutant("R", {"generator": one_factor_for_the_other}, "a matrix is pulled back by itself, not its transpose"),
    ),
)
def structured_layers_are_transposed(world):
    """⟨f v, w⟩ = ⟨v, R[f](-, w)⟩ for linear layers, by each argument for bilinear ones, at all sizes and empty ones.

    A scatter is the transpose of its gather, and axis i of a permutation is axis order[i]: Σ along it says so.
    """
    for length, positions in POSITIONS:
        taken, put = gather(length, positions), scatter(length, positions)
        both = Pairing(First(taken.cod, taken.dom), Second(taken.cod, taken.dom) >> taken) >> inner(taken.cod)
        yield Equation((put @ Identity(taken.dom)) >> inner(taken.dom), both)
    for shape, order in ORDERS:
        moved = permute(shape, order)
        for axis, source in enumerate(order):
            yield Equation(moved >> _all_but(axis, moved.cod.shape), _all_but(source, shape))
    for f in linear_layers():
        a, b = f.dom, f.cod
        back = Pairing(First(a, b), world.reverse(f)) >> inner(a)
        yield Equation((f @ Identity(b)) >> inner(b), back)
    for f in bilinear_layers():
        yield from _in_each_argument(world.reverse(f), f)


def _in_each_argument(reverse, f):
    """((x, y), w) ↦ ⟨f(x, y), w⟩ = ⟨x, R[f](x, y, w)₀⟩ = ⟨y, R[f](x, y, w)₁⟩, as f is linear in x and in y."""
    x, y, b = f.dom.left, f.dom.right, f.cod
    value = (f @ Identity(b)) >> inner(b)
    point = First(f.dom, b)
    yield Equation(value, Pairing(point >> First(x, y), reverse >> First(x, y)) >> inner(x))
    yield Equation(value, Pairing(point >> Second(x, y), reverse >> Second(x, y)) >> inner(y))
