"""What learners, updates and continuations *are*, stated exactly: a coherence law holds for any update, and for two.

L is a functor for every componentwise update, so no coherence law sees a step that is taken twice.
"""

from dataclasses import replace
from fractions import Fraction

from verified_cat.check import law
from verified_cat.components import Components
from verified_cat.cont import Cont, Continuation
from verified_cat.equation import Equation
from verified_cat.laws import further_updates
from verified_cat.laws.gradient import double_step, mean_error
from verified_cat.laws.optimisers import BOOK, DECAY, DELTA, RATE, SECOND, combined
from verified_cat.loss import QUADRATIC
from verified_cat.objects import SCALAR, Pair, Space
from verified_cat.primitives import (
    add,
    add_on,
    broadcast,
    constant,
    multiply,
    negate,
    reciprocal,
    scale,
    scale_on,
    sqrt,
    step,
    subtract_on,
)
from verified_cat.terms import Copy, Discard, First, Identity, Pairing, Second
from verified_cat.worlds import Mutant

# ------------------------------------------------------------------------------------------------ continuations


def precomposed_twice(cont, f):
    """cont f = h ↦ f ; f ; h where it fits: a functor, but not that of the definition."""
    if f.dom != f.cod:
        return Cont.of(cont, f)
    return Continuation(f.dom, f.cod, lambda h: cont.k.compose(f, cont.k.compose(f, h)))


def applied_in_order(cont, f, g):
    """(T ; U)(h) = U (T h) where it fits."""
    return Cont.compose(cont, g, f) if f.dom == f.cod == g.dom == g.cod else Cont.compose(cont, f, g)


@law(
    "CONT-DEF",
    "f : A -o B; g : B -o C; e : A -o A; S",
    worlds=("cont",),
    source="Elliott 2018, section 12, the definition of cont",
    mutants=(
        Mutant("cont", {"of": precomposed_twice}, "cont f precomposes twice"),
        Mutant("cont", {"compose": applied_in_order}, "the first transformer is applied first"),
    ),
)
def definition_of_continuations(world, f, g, e, result):
    """(cont f)(h) = f ; h for every h : B → r, (T ; U)(h) = T (U h) and id (h) = h."""
    k = world.category.k
    c = type(world.category)(k, result)
    a, b, last = k.dom(f), k.cod(f), k.cod(g)
    from_a, from_b, from_c = (world.source.additive_arrow(f"h {i}", ob, result) for i, ob in enumerate((a, b, last)))
    yield Equation(c.of(f).transform(from_b), k.compose(f, from_b))
    yield Equation(c.of(e).transform(from_a), k.compose(e, from_a))
    for first, second, h in ((f, g, from_c), (e, e, from_a)):
        one, two = c.of(first), c.of(second)
        yield Equation(c.compose(one, two).transform(h), one.transform(two.transform(h)))
    turned, then = c.of(e), _doubled(k, a)
    yield Equation(c.compose(turned, then).transform(from_a), turned.transform(then.transform(from_a)))
    yield Equation(c.identity(a).transform(from_a), from_a)


def _doubled(k, ob):
    """h ↦ h + h."""
    return Continuation(ob, ob, lambda h: k.add(h, h))


# ------------------------------------------------------------------------------------------------ gradient learning


def _learning(method, says):
    return Mutant("para over D", {"__call__": method}, says, part="learning")


@law(
    "L-GD",
    "t : P @ A => B",
    worlds=("para over D",),
    doctrine="learn",
    source="Fong, Spivak and Tuyéras 2019, Theorem III.2, for e = ½ (x - y)² and without the factor α",
    without_solver="the derivative of the error is that of the table, on numbers",
    mutants=(
        _learning(double_step, "the update is applied twice"),
        _learning(mean_error, "the error is a mean over outputs"),
    ),
)
def learning_is_gradient_descent_on_the_error(world, t):
    """With E(p, a, b) = ½ Σ (t(p, a) - b)²: U = p - ε ∂E/∂p and r = a - ∂E/∂a, E differentiated as a whole."""
    c, functions = world.category, world.source.functions
    seen, param, point = t.dom, t.dom.left, t.dom.right
    error = c.base.differentiate((t @ Identity(t.cod)) >> QUADRATIC.total(t.cod))
    descend = functions.meaning((Identity(param) @ scale_on(-RATE, param)) >> add_on(param)).run
    less, engine = functions.meaning(subtract_on(point)).run, functions.engine

    def stated(x):
        pa, _ = x
        p, a = pa
        _, back = error.run(x)
        (dp, da), _ = back.run(engine.lift(SCALAR, (Fraction(1),)))
        return descend((p, dp)), less((a, da))

    learner = world.learning(c.of(param, point, t.cod, c.base.differentiate(t)))
    asked = Pair(seen, t.cod)

    def found(x):
        return learner.update(x), learner.request(x)

    yield Equation(functions.arrow(asked, seen, found), functions.arrow(asked, seen, stated))


# ------------------------------------------------------------------------------------------------ updates


def twice(name: str) -> Mutant:
    """The rule of that name, which takes every step twice with one gradient."""

    def broken(components, *numbers):
        right = getattr(Components, name)(components, *numbers)

        def update(shape):
            once, gradient = right.leaf_update(shape), Space(shape)
            return Pairing(once, Second(once.dom.left, gradient)) >> once

        return replace(right, leaf_update=update)

    return Mutant("functions", {name: broken}, f"{name.replace('_', ' ')} takes every step twice", "components")


RULES = ("gradient_descent", "sign_descent", "momentum", "nesterov", "adagrad", "adam", *further_updates.RULES)


@law(
    "OPT-DEF",
    worlds=("functions",),
    source=f"{BOOK}, Examples 3.14 to 3.18, corrected; Bernstein et al. 2018; Kingma and Ba 2015, Algorithm 1; "
    "Loshchilov and Hutter 2019, Algorithm 2; Tieleman and Hinton 2012; torch.optim for the form of each",
    without_solver="an update is arithmetic on numbers",
    mutants=(*map(twice, RULES), *further_updates.MUTANTS),
)
def definitions_of_the_updates(world):
    """One step from any state: descent p - ε g, of signs p - ε sign g; momentum s' = γ s + g, p - ε s', Nesterov's too.

    Adagrad v' = v + g², p - ε g / (δ + √v'); Adam m' = β m + (1 - β) g, v' = β' v + (1 - β') g², powers times β and β',
    p - ε m̂ / (δ + √v̂) with m̂ = m' / (1 - power), v̂ likewise. States v, and what is left to 1, are given as squares.
    AdamW's is Adam's from (1 - ε λ) p. Dampened momentum s' = γ s + (1 - τ + τ f) g with f = 1 before the first step, 0
    after it; looking ahead p - ε (g + γ s'). RMSProp v' = α v + (1 - α) g², p - ε g / (δ + √v'), centered √(v' - m'²).
    With weight decay the gradient is g + λ p.
    """
    for shape in ((), (2,)):
        yield from _without_squares(world.components, shape)
        yield _adagrad(world.components, shape)
        yield _adam(world.components, shape)
        yield from further_updates.definitions(world.components, shape)


def _without_squares(components, shape):
    """Descent, descent of signs, momentum and Nesterov's update, and where it asks for the gradient."""
    p = Space(shape)
    held, g = First(p, p), Second(p, p)
    for rule, direction in (
        (components.gradient_descent(RATE), g),
        (components.sign_descent(RATE), combined(p, (1, g >> step(shape)), (-1, g >> negate(shape) >> step(shape)))),
    ):
        start = Pairing(Pairing(Discard(g.dom), held), g)
        yield Equation(start >> rule.update(p), Pairing(Discard(g.dom), combined(p, (1, held), (-RATE, direction))))
    both = Pair(p, p)
    s, held, g = First(both, p) >> First(p, p), First(both, p) >> Second(p, p), Second(both, p)
    state = combined(p, (DECAY, s), (1, g))
    for rule in (components.momentum(RATE, DECAY), components.nesterov(RATE, DECAY)):
        yield Equation(rule.update(p), Pairing(state, combined(p, (1, held), (-RATE, state))))
    asked = combined(p, (1, Second(p, p)), (-RATE * DECAY, First(p, p)))
    yield Equation(components.nesterov(RATE, DECAY).ask(p), asked)


def _over(numerator, squares, shape):
    """numerator / (δ + √squares)."""
    small = Discard(squares.dom) >> constant(shape, DELTA)
    length = Pairing(squares >> sqrt(shape), small) >> add(shape) >> reciprocal(shape)
    return Pairing(numerator, length) >> multiply(shape)


def _adagrad(components, shape):
    p = Space(shape)
    both, square = Pair(p, p), Copy(p) >> multiply(shape)
    v, held, g = First(both, p) >> First(p, p) >> square, First(both, p) >> Second(p, p), Second(both, p)
    state = combined(p, (1, v), (1, g >> square))
    moved = combined(p, (1, held), (-RATE, _over(g, state, shape)))
    found = Pairing(Pairing(v, held), g) >> components.adagrad(RATE, DELTA).update(p)
    return Equation(found, Pairing(state, moved))


def _adam(components, shape):
    """The powers are 1 / (1 + x²), so that they lie between 0 and 1 as those of a run do."""
    p, powers = Space(shape), Pair(SCALAR, SCALAR)
    given = Pair(Pair(Pair(p, p), powers), Pair(p, p))
    start, rest = First(given.left, given.right), Second(given.left, given.right)
    moments, held, g = start >> First(Pair(p, p), powers), rest >> First(p, p), rest >> Second(p, p)
    square = Copy(p) >> multiply(shape)
    m, v = moments >> First(p, p), moments >> Second(p, p) >> square
    one, two = (start >> Second(Pair(p, p), powers) >> side(SCALAR, SCALAR) >> _power() for side in (First, Second))
    new_m, new_v = combined(p, (DECAY, m), (1 - DECAY, g)), combined(p, (SECOND, v), (1 - SECOND, g >> square))
    new_one, new_two = one >> scale(DECAY, ()), two >> scale(SECOND, ())
    direction = _over(_unbiased(new_m, new_one, shape), _unbiased(new_v, new_two, shape), shape)
    after = Pairing(
        Pairing(Pairing(new_m, new_v), Pairing(new_one, new_two)), combined(p, (1, held), (-RATE, direction))
    )
    before = Pairing(Pairing(Pairing(Pairing(m, v), Pairing(one, two)), held), g)
    return Equation(before >> components.adam(RATE, DECAY, SECOND, DELTA).update(p), after)


def _power():
    """x ↦ 1 / (1 + x²)."""
    one = Discard(SCALAR) >> constant((), 1)
    return Pairing(one, Copy(SCALAR) >> multiply(())) >> add(()) >> reciprocal(())


def _unbiased(moment, power, shape):
    """moment / (1 - power)."""
    left = Pairing(Discard(power.dom) >> constant((), 1), power >> negate(())) >> add(()) >> reciprocal(())
    return Pairing(moment, left >> broadcast(shape, tuple(range(len(shape))))) >> multiply(shape)
