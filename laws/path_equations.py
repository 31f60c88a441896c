"""Path equations as losses: what a loss of zero says, what it is closed under, and what it does not give."""

from fractions import Fraction
from functools import partial
from itertools import product
from typing import Any

from verified_cat.audits import audit
from verified_cat.check import Counterexample, law
from verified_cat.draw import Style
from verified_cat.equation import Equation
from verified_cat.functions import Functions, fork
from verified_cat.laws.presentations import FORK, RETRACT
from verified_cat.loss import absolute, mean_absolute_error
from verified_cat.objects import SCALAR, Pair, Space
from verified_cat.primitives import add, constant, map_on, multiply, scale, subtract_on, zero_on
from verified_cat.reference.finite import agree, closure, functions, functors, generated, subsets
from verified_cat.schema import CYCLE_GAN, EQUALIZER, Edge, Functor, Path, PathEquation, Schema
from verified_cat.terms import Copy, Discard, Identity, Pairing
from verified_cat.worlds import Mutant

# ------------------------------------------------------------------------------------------------ PE-LOSS


def norms_compared(functions, f, g):
    """x ↦ (|f(x)|, |g(x)|): the norms are compared instead of the difference taken."""
    size = Functions(functions.engine).meaning(map_on(f.cod, absolute)).run if f.cod == g.cod else None
    right = Functions.pairing(functions, f, g)
    return right if size is None else functions.arrow(f.dom, right.cod, lambda x: (size(f(x)), size(g(x))))


def left_twice(functions, f, g):
    """x ↦ (f(x), f(x)) where it fits."""
    return functions.arrow(f.dom, Pair(f.cod, g.cod), fork(f.run, f.run if f.cod == g.cod else g.run))


@law(
    "PE-LOSS",
    "u : A -> R @ R; v : A -> R @ R",
    worlds=("functions",),
    source="slides of the talk, p. 22; Gavranović 2020, Definition 10",
    style=Style("polynomial", 1),
    without_solver="the distance is a mean of absolute values of numbers",
    mutants=(
        Mutant("functions", {"pairing": norms_compared}, "the norms are compared, not the difference taken"),
        Mutant("functions", {"pairing": left_twice}, "a side is compared with itself"),
    ),
)
def the_loss_of_a_path_equation(world, u, v):
    """ℓ = mean |u(a) - v(a)|, entry by entry; it is 0 where u = v, and each entry's share |uᵢ - vᵢ|/n is within it.

    So ℓ = 0 if and only if u = v on the data. That says nothing of the data: u = v = id has no loss.
    """
    c, run = world.category, lambda term: Functions(world.category.engine).meaning(term).run
    minus, size, plus, half = map(run, (subtract_on(SCALAR), absolute(()), add(()), scale(Fraction(1, 2), ())))

    def shares(x):
        (a, b), (c, d) = u(x), v(x)
        return half(size(minus((a, c)))), half(size(minus((b, d))))

    distance = c.meaning(mean_absolute_error(u.cod))
    loss = Equation(u, v).gap(c, distance)
    yield Equation(loss, c.arrow(u.dom, SCALAR, lambda x: plus(shares(x))))
    yield Equation(Equation(u, u).gap(c, distance), c.compose(c.discard(u.dom), c.meaning(zero_on(SCALAR))))
    rest = c.arrow(u.dom, SCALAR, lambda x: minus((loss(x), shares(x)[0])))
    yield Equation(rest, c.arrow(u.dom, SCALAR, lambda x: size(shares(x)[1])))


# ------------------------------------------------------------------------------------------------ PE-POST

HERE, THERE = (0, 1, 3), (0, 2, 3)
"""Points of the line: the values of u and v, and of k."""


def _loss(u, v, points) -> Fraction:
    """The mean distance of u and v, whose values are numbers of points."""
    return Fraction(sum(abs(points[x] - points[y]) for x, y in zip(u, v, strict=True)), len(u))


def _lipschitz(k) -> Fraction:
    pairs = [(x, y) for x in range(len(HERE)) for y in range(x)]
    return max(Fraction(abs(THERE[k[x]] - THERE[k[y]]), abs(HERE[x] - HERE[y])) for x, y in pairs)


def _post_faults(claim) -> tuple[int, list[str]]:
    """All u, v : 2 → 3 and k : 3 → 3 at which a claim about (ℓ, ℓ after k, Lip k) fails."""
    cases, wrong = list(product(functions(2, 3), functions(2, 3), functions(3, 3))), []
    for u, v, k in cases:
        before, after = _loss(u, v, HERE), _loss(u, v, [THERE[y] for y in k])
        if not claim(before, after, _lipschitz(k)):
            wrong.append(f"u = {u}, v = {v}, k = {k}")
    return len(cases), wrong


def _post_found(claim):
    _, wrong = _post_faults(claim)
    return wrong


STRONGER = {
    "no map enlarges the loss": lambda before, after, lip: after <= before,
    "a loss that is 0 after k was 0 before": lambda before, after, lip: before == 0 or after != 0,
    "half of Lip(k) is enough": lambda before, after, lip: after <= lip / 2 * before,
}
"""Claims that are false."""


@audit(
    "PE-POST",
    source="derived here",
    controls={says: partial(_post_found, claim) for says, claim in STRONGER.items()},
)
def closed_under_post_composition():
    """ℓ(u ; k, v ; k) ≤ Lip(k) ℓ(u, v), so a loss of zero stays zero under whatever comes after.

    For all u, v from two points to three of the line, and all k of those to three others.
    """
    return _post_faults(lambda before, after, lip: after <= lip * before and (before > 0 or after == 0))


# ------------------------------------------------------------------------------------------------ PE-PRE


def turned_round(functions, f, g):
    """g ; f in place of f ; g, where it fits."""
    return Functions.compose(functions, g, f) if f.dom == f.cod == g.cod else Functions.compose(functions, f, g)


BEFORE = Schema(
    "before",
    ("Z", "A", "B"),
    (Edge("w", "Z", "A"), Edge("u", "A", "B"), Edge("v", "A", "B")),
    (PathEquation(Path("A", ("u",)), Path("A", ("v",))),),
)
BATCH = Space((2,))


@law(
    "PE-PRE",
    worlds=("functions",),
    source="derived here: a correction of Gavranović 2020, the sentence after Definition 10, and of slide 21",
    equality="strict failure",
    without_solver="the statement is about particular maps on R",
    minimum=1,
    mutants=(
        Mutant("functions", {"compose": turned_round}, "paths are read from right to left"),
        Mutant("functions", {"pairing": left_twice}, "a side is compared with itself"),
    ),
)
def zero_loss_is_not_a_functor_of_the_quotient(world):
    """u = a, v = a², w = z + 2: ℓ(u, v) = 0 on the data {0, 1} of A, and yet w ; u - w ; v is -2, -6 on {0, 1} of Z."""
    c = world.category
    shift = Pairing(Identity(BATCH), Discard(BATCH) >> constant((2,), 2, 2)) >> add((2,))
    images = {"w": shift, "u": scale(1, (2,)), "v": Copy(BATCH) >> multiply((2,))}
    functor = Functor(BEFORE, c, dict.fromkeys("ZAB", BATCH), {name: c.meaning(term) for name, term in images.items()})
    data, distance = c.meaning(constant((2,), 0, 1)), c.meaning(mean_absolute_error(BATCH))

    def loss(*before):
        lhs, rhs = (c.sequence(data, functor.on_path(BEFORE.path(*before, name))) for name in ("u", "v"))
        return Equation(lhs, rhs).gap(c, distance), c.compose(c.pairing(lhs, rhs), c.meaning(subtract_on(BATCH)))

    generating, (later, defects) = loss()[0], loss("w")
    yield Equation(generating, c.meaning(constant((), 0)))
    yield Equation(defects, c.meaning(constant((2,), -2, -6)))
    yield Equation(later, c.meaning(constant((), 4)))
    yield Counterexample(Equation(later, generating), ())


# ------------------------------------------------------------------------------------------------ PE-FACT


def _cases(schema, sizes):
    """Every functor to sets of these sizes, with every choice of data."""
    for images in functors(schema, sizes):
        for data in product(*(subsets(sizes[name]) for name in schema.objects)):
            yield images, dict(zip(schema.objects, data, strict=True))


def _factors(schema, images, data) -> bool:
    """Whether the equations hold on all that the data generates: I_H factors through Free(G)/~."""
    reached = generated(schema, images, data)
    return all(agree(images, e.lhs, e.rhs, reached[e.lhs.source]) for e in schema.equations)


def _unfaithful(schema, penalised, sizes) -> tuple[int, list[str]]:
    """Functors with no loss on the penalised pairs of paths whose I_H does not factor; and how many have no loss."""
    silent = [
        case for case in _cases(schema, sizes) if all(agree(case[0], u, v, case[1][u.source]) for u, v in penalised)
    ]
    return len(silent), [
        f"{schema.name}: {images}, data {data}" for images, data in silent if not _factors(schema, images, data)
    ]


def _sides(schema):
    return [(e.lhs, e.rhs) for e in schema.equations]


CYCLES = [{"A": a, "B": b} for a, b in ((2, 2), (2, 3), (3, 2))]


def _penalised_alone(schema, pairs) -> list[str]:
    """Functors without a loss on these pairs alone that do not factor."""
    return [fault for sizes in CYCLES for fault in _unfaithful(schema, pairs, sizes)[1]]


def _not_on_all_of_the_objects() -> list[Any]:
    """Functors that factor on what the data generates, and not everywhere."""
    silent = (images for images, data in _cases(CYCLE_GAN, CYCLES[0]) if _factors(CYCLE_GAN, images, data))
    return [images for images in silent if not _factors(CYCLE_GAN, images, {"A": {0, 1}, "B": {0, 1}})]


@audit(
    "PE-FACT",
    source="derived here: what is true of Gavranović 2020, section 4.1",
    controls={
        "one of the two cycle losses is dropped": lambda: _penalised_alone(CYCLE_GAN, _sides(CYCLE_GAN)[:1]),
        "only the generator of the retract is penalised": lambda: _penalised_alone(RETRACT, _sides(RETRACT)),
        "only what follows a generator is penalised": lambda: _penalised_alone(
            RETRACT, list(closure(RETRACT, 5, before=False).items())
        ),
        "no loss on the data is taken for an equation on all of the objects": _not_on_all_of_the_objects,
    },
)
def when_zero_loss_gives_a_functor_of_the_quotient():
    """I_H factors if all pairs of ~ have no loss on the data, or if in CycleGAN both generating equations have none.

    For all functors to small sets with all choices of data. With the generator alone the retract fails, and H itself,
    away from what the data generates, fails even for CycleGAN.
    """
    both = [_unfaithful(CYCLE_GAN, _sides(CYCLE_GAN), sizes) for sizes in CYCLES]
    whole = [_unfaithful(RETRACT, closure(RETRACT, 6).items(), sizes) for sizes in CYCLES]
    whole.append(_unfaithful(FORK, closure(FORK, 3).items(), {"Z": 1, "A": 2, "B": 2, "C": 1}))
    return sum(looked for looked, _ in both + whole), [fault for _, wrong in both + whole for fault in wrong]


# ------------------------------------------------------------------------------------------------ EQ-UNIV


@law(
    "EQ-UNIV",
    worlds=("functions",),
    source="derived here: a correction of slide 25",
    equality="strict failure",
    without_solver="the statement is about particular maps on R",
    minimum=1,
    mutants=(Mutant("functions", {"pairing": left_twice}, "a side is compared with itself, and b b b with b b"),),
)
def a_fork_is_no_equaliser(world):
    """h ; f = h ; g for h = 1, f = b³, g = b, without loss; so it is at b = -1 and 0, which no map m ; h reaches."""
    c = world.category
    always = Discard(SCALAR) >> constant((), 1)
    cube = Pairing(Identity(SCALAR), Copy(SCALAR) >> multiply(())) >> multiply(())
    images = {"h": c.meaning(always), "f": c.meaning(cube), "g": c.meaning(Identity(SCALAR))}
    fork = Functor(EQUALIZER, c, dict.fromkeys("ABC", SCALAR), images)
    equation = EQUALIZER.equations[0]
    lhs, rhs = fork.on_path(equation.lhs), fork.on_path(equation.rhs)
    yield Equation(lhs, rhs)
    yield Equation(
        Equation(lhs, rhs).gap(c, c.meaning(mean_absolute_error(SCALAR))), c.meaning(Discard(SCALAR) >> constant((), 0))
    )
    for root in (-1, 0):
        point = c.meaning(constant((), root))
        yield Equation(c.compose(point, images["f"]), c.compose(point, images["g"]))
        yield Counterexample(Equation(c.compose(c.discard(SCALAR), point), images["h"]), (Fraction(2),))
