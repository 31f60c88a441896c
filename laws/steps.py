"""Training steps as composites of parametric lenses: unpacked, iterated, batched, and turned to the input."""

from verified_cat.check import law
from verified_cat.components import Components
from verified_cat.equation import Equation
from verified_cat.lens import LensMap
from verified_cat.objects import Pair
from verified_cat.para import Para, ParaMap
from verified_cat.worlds import Mutant

BOOK = "Cruttwell et al. 2021"

# ------------------------------------------------------------------------------------------------ wrong steps


def exchanged_gradients(para, f, g):
    """The composite gives p' for q' and q' for p' where they fit."""
    right, lens = Para.compose(para, f, g), para.base
    p, q = f.param.back, g.param.back
    if p != q:
        return right
    whole, base = right.inside, lens.base
    put = base.compose(whole.put, base.tensor(base.swap(p, q), base.identity(f.dom.back)))
    return ParaMap(right.param, right.dom, right.cod, LensMap(whole.dom, whole.cod, whole.get, put))


def gradient_at_the_held_parameters(para, f, along):
    """R[f] evaluated at what the optimiser holds instead of at what it asks for, where it fits."""
    right = Para.reparam(para, f, along)
    if along.dom != along.cod:
        return right
    whole, base = right.inside, para.base.base
    back = base.tensor(base.identity(along.dom.front), base.identity(f.dom.front))

    def put(x):
        pa, b = x
        p, _ = back.run(pa)
        dp, da = f.inside.put.run((pa, b))
        return along.put.run((p, dp)), da

    wrong = base.arrow(whole.put.dom, whole.put.cod, put)
    return ParaMap(right.param, right.dom, right.cod, LensMap(whole.dom, whole.cod, whole.get, wrong))


def wrong_port(components, para, f, update, error, rate):
    """Dreaming that keeps the gradient of the parameters and discards that of the input, where they fit."""
    right = Components.dreaming(components, para, f, update, error, rate)
    if f.param.back != f.dom.back:
        return right

    def step(x):
        xp, t = x
        held, p = xp
        a = update.get.run(held)
        b = f.inside.get.run((p, a))
        level = error.inside.get.run((t, b))
        _, db = error.inside.put.run(((t, b), rate.put.run((level, ()))))
        dp, _ = f.inside.put.run(((p, a), db))
        return update.put.run((held, dp))

    return para.base.base.arrow(right.dom, right.cod, step)


# ------------------------------------------------------------------------------------------------ one step


@law(
    "PL-COMP",
    "f : A -> B; g : B -> C",
    worlds=("para over lens",),
    source=f"{BOOK}, Definition 2.5",
    mutants=(Mutant("para over lens", {"compose": exchanged_gradients}, "p' and q' are exchanged"),),
)
def composition_of_parametric_lenses(world, f, g):
    """get = g(q, b), b = f(p, a); put((p, q), a, c) = ((p', q'), a'), (q', b') = g*(q, b, c), (p', a') = f*(p, a, b').

    The put of the outer lens is asked first, at the value of the inner one.
    """
    c, functions = world.category, world.source.functions
    get, put, outer, back = f.inside.get.run, f.inside.put.run, g.inside.get.run, g.inside.put.run

    def both(x):
        pqa, w = x
        pq, a = pqa
        p, q = pq
        b = get((p, a))
        dq, db = back(((q, b), w))
        dp, da = put(((p, a), db))
        return outer((q, b)), ((dp, dq), da)

    p, q, a = f.param, g.param, f.dom
    dom = Pair(Pair(Pair(p.front, q.front), a.front), g.cod.back)
    cod = Pair(g.cod.front, Pair(Pair(p.back, q.back), a.back))
    return Equation(c.compose(f, g), functions.arrow(dom, cod, both))


@law(
    "STEP-UNPACK",
    "f : A -> B; e : B -> L; X 1 L",
    worlds=("para over lens",),
    source=f"{BOOK}, section 4.1, where the get of the step is called the identity; it is !",
    mutants=(
        Mutant("para over lens", {"reparam": gradient_at_the_held_parameters}, "R[f] is evaluated at p, not U(s, p)"),
    ),
)
def a_training_step_unpacked(world, f, e, x, unit, level):
    """put(x, a, t) = U*(x, p') with p̄ = U(x), b = f(p̄, a), (t', b') = e*(t, b, α(e(t, b))), (p', a') = f*(p̄, a, b')."""
    update, rate = world.underneath("U", x, f.param), world.underneath("rate", level, unit)
    step = world.components.training(world.category, f, update, e, rate)

    def unpacked(xat):
        xa, t = xat
        held, a = xa
        p = update.get.run(held)
        b = f.inside.get.run((p, a))
        _, db = e.inside.put.run(((t, b), rate.put.run((e.inside.get.run((t, b)), ()))))
        dp, _ = f.inside.put.run(((p, a), db))
        return update.put.run((held, dp))

    return Equation(step, world.source.functions.arrow(_inputs(x, f.dom, e.param), x.back, unpacked))


def _inputs(x, a, t):
    return Pair(Pair(x.front, a.front), t.front)


@law(
    "DREAM",
    "f : A -> B; e : B -> L; X 1 L",
    worlds=("para over lens",),
    source=f"{BOOK}, section 4.2 and Example 4.5",
    mutants=(Mutant("para over lens", {"dreaming": wrong_port}, "the wrong port is discarded", "components"),),
)
def dreaming_is_training_with_the_roles_exchanged(world, f, e, x, unit, level):
    """With U on the input, put(x, p, t) = U*(x, a'): the training step of f with parameters and input exchanged."""
    c, base = world.category, world.category.base
    update, rate = world.underneath("U", x, f.dom), world.underneath("rate", level, unit)
    dream = world.components.dreaming(c, f, update, e, rate)
    exchanged = c.of(f.dom, f.param, f.cod, base.compose(base.swap(f.dom, f.param), f.inside))
    yield Equation(dream, world.components.training(c, exchanged, update, e, rate))

    def unpacked(xpt):
        xp, t = xpt
        held, p = xp
        a = update.get.run(held)
        b = f.inside.get.run((p, a))
        _, db = e.inside.put.run(((t, b), rate.put.run((e.inside.get.run((t, b)), ()))))
        _, da = f.inside.put.run(((p, a), db))
        return update.put.run((held, da))

    yield Equation(dream, world.source.functions.arrow(_inputs(x, f.param, e.param), x.back, unpacked))
