"""The complex numbers: a reverse derivative is the adjoint or the transpose, and no composite mixes the two."""

from fractions import Fraction

from verified_cat.audits import audit
from verified_cat.check import Counterexample, law
from verified_cat.equation import Equation
from verified_cat.laws.differential import FREE
from verified_cat.laws.reverse import SMALL, started_at_the_source
from verified_cat.lens import LensMap, ReverseDerivative
from verified_cat.objects import SCALAR, Pair
from verified_cat.primitives import add, add_on, constant, multiply, negate, scale_on
from verified_cat.terms import Discard, First, Identity, Pairing, Second
from verified_cat.worlds import Mutant

PLANE = Pair(SCALAR, SCALAR)
"""ℂ as ℝ ⊗ ℝ: the real and the imaginary part."""

SELF = Identity(PLANE)
CONJUGATE = Identity(SCALAR) @ negate(())


def product():
    """((a, b), (c, d)) ↦ (ac - bd, ad + bc) : ℂ ⊗ ℂ → ℂ."""
    one, two = First(PLANE, PLANE), Second(PLANE, PLANE)
    a, b = (one >> part(SCALAR, SCALAR) for part in (First, Second))
    c, d = (two >> part(SCALAR, SCALAR) for part in (First, Second))

    def summed(first, second):
        return Pairing(first, second) >> add(())

    ac, bd, ad, bc = (Pairing(*factors) >> multiply(()) for factors in ((a, c), (b, d), (a, d), (b, c)))
    return Pairing(summed(ac, bd >> negate(())), summed(ad, bc))


def times(f, g):
    """z ↦ f(z) g(z)."""
    return Pairing(f, g) >> product()


def number(real, imaginary):
    """z ↦ the number."""
    return Discard(PLANE) >> Pairing(constant((), real), constant((), imaginary))


def plus(f, g):
    """z ↦ f(z) + g(z)."""
    return Pairing(f, g) >> add_on(PLANE)


ZERO, I = number(0, 0), number(0, 1)  # noqa: E741
SQUARE = times(SELF, SELF)
TURN = times(I, SELF)

SLOPES = {
    "i z": (TURN, I, ZERO),
    "z³ + i z²": (
        plus(times(SQUARE, SELF), times(I, SQUARE)),
        plus(SQUARE >> scale_on(3, PLANE), TURN >> scale_on(2, PLANE)),
        ZERO,
    ),
    "z̄": (CONJUGATE, ZERO, number(1, 0)),
    "z z̄": (times(SELF, CONJUGATE), CONJUGATE, SELF),
    "z² z̄": (times(SQUARE, CONJUGATE), times(SELF, CONJUGATE) >> scale_on(2, PLANE), SQUARE),
}
"""Maps of ℂ with ∂f/∂z and ∂f/∂z̄; the last is 0 where f is holomorphic."""


def transposed(reverse):
    """The transpose from the adjoint: the conjugate of R[f] at the conjugate cotangent."""
    return lambda f: (SELF @ CONJUGATE) >> reverse(f) >> CONJUGATE


def chained(first, second, f, g):
    """(z, w) ↦ first[f](z, second[g](f(z), w))."""
    after = (f @ SELF) >> second(g)
    return Pairing(First(PLANE, PLANE), after) >> first(f)


def at_cotangent(slope, cotangent):
    """(z, w) ↦ slope(z) cotangent(w)."""
    return (slope @ cotangent) >> product()


def conjugated_in_between(category, f, g):
    """The cotangent is conjugated where a complex number is handed on: one library's convention meets the other's."""
    right = ReverseDerivative.compose(category, f, g)
    if f.cod.front != PLANE:
        return right
    handed = LensMap(f.cod, f.cod, SELF, Second(PLANE, PLANE) >> CONJUGATE)
    return ReverseDerivative.compose(category, ReverseDerivative.compose(category, f, handed), g)


@law(
    "RD-CPLX",
    "f : R @ R -> R @ R; g : R @ R -> R @ R",
    worlds=("R",),
    source="Kreutz-Delgado 2009, the CR calculus; PyTorch and JAX manuals, notes on complex differentiation",
    equality="strict failure",
    style=SMALL,
    minimum=1,
    costly=True,
    without_solver=FREE,
    mutants=(
        Mutant("R", {"compose": conjugated_in_between}, "the cotangent is conjugated where maps meet"),
        Mutant("R", {"compose": started_at_the_source}, "R[g] is evaluated at z instead of f(z)"),
    ),
)
def complex_conventions(world, f, g):
    """With J = ∂f/∂z and K = ∂f/∂z̄, on ℂ = ℝ²: R is the adjoint J̄ w + K w̄ and its conjugate the transpose J w + K̄ w̄.

    Each has the chain rule of RD.5, for all smooth maps of the plane, holomorphic or not. The adjoint of the one
    after the transpose of the other has not: for z ↦ i z twice it gives 1, where both conventions say -1.
    """
    adjoint, transpose = world.reverse, transposed(world.reverse)
    for convention in (adjoint, transpose):
        yield Equation(convention(f >> g), chained(convention, convention, f, g))
    for function, j, k in SLOPES.values():
        there = plus_at(at_cotangent(j >> CONJUGATE, SELF), at_cotangent(k, CONJUGATE))
        yield Equation(adjoint(function), there)
        back = plus_at(at_cotangent(j, SELF), at_cotangent(k >> CONJUGATE, CONJUGATE))
        yield Equation(transpose(function), back)
    mixed = chained(transpose, adjoint, TURN, TURN)
    yield Counterexample(Equation(mixed, transpose(TURN >> TURN)), (complex_point(2, 3), complex_point(1, 0)))
    yield Counterexample(Equation(mixed, adjoint(TURN >> TURN)), (complex_point(2, 3), complex_point(1, 0)))


def plus_at(one, two):
    """(z, w) ↦ one(z, w) + two(z, w)."""
    return Pairing(one, two) >> add_on(PLANE)


def complex_point(real, imaginary):
    """A number of ℂ as an exact point of ℝ ⊗ ℝ."""
    return (Fraction(real),), (Fraction(imaginary),)


# ------------------------------------------------------------------------------------------------ torch


FUNCTIONS = {
    "i z": (lambda z: 1j * z, lambda z: 1j, lambda z: 0),
    "z²": (lambda z: z * z, lambda z: 2 * z, lambda z: 0),
    "z̄": (lambda z: z.conj() if hasattr(z, "conj") else z.conjugate(), lambda z: 0, lambda z: 1),
    "z z̄": (lambda z: z * z.conj(), lambda z: z.conjugate(), lambda z: z),
}
"""Maps that torch differentiates, with ∂f/∂z and ∂f/∂z̄ by hand."""

POINTS = ((2 + 3j, 1 + 0j), (1 - 2j, 3 - 1j), (-1 + 0j, 1j))
"""(z, w) whose products are small whole numbers, so that floats hold them exactly."""


def _adjoint(j, k, w):
    return j.conjugate() * w + k * w.conjugate()


def _transpose(j, k, w):
    return j * w + k.conjugate() * w.conjugate()


def _unlike(convention):
    """Where torch's pullback is another number than the convention says."""
    from verified_cat.gpu.complex_numbers import complex_pullback

    for name, (f, j, k) in FUNCTIONS.items():
        for z, w in POINTS:
            found, expected = complex_pullback(f, z, w), convention(complex(j(z)), complex(k(z)), w)
            if found != expected:
                yield f"torch pulls {w} back along {name} at {z} to {found}, not {expected}"


@audit(
    "RD-TORCH",
    source="our own, beside RD-CPLX; PyTorch manual, Autograd mechanics",
    controls={
        "the transpose is taken for torch's convention": lambda: _unlike(_transpose),
        "∂f/∂z̄ is forgotten": lambda: _unlike(lambda j, k, w: _adjoint(j, 0, w)),
    },
)
def torch_takes_the_adjoint():
    """The complex pullback of torch is the adjoint J̄ w + K w̄: along z ↦ i z the cotangent 1 goes to -i."""
    wrong = list(_unlike(_adjoint))
    return len(FUNCTIONS) * len(POINTS), wrong
