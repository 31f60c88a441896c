"""What is proved of Learn, and of the functor L of Fong, Spivak and Tuyéras."""

from __future__ import annotations

from verified_cat.functions import Value
from verified_cat.learn import Learner
from verified_cat.objects import Pair
from verified_cat.observe import observe
from verified_cat.proofs.builders import opaque_learner, opaque_morphism, opaque_para
from verified_cat.proofs.hypotheses import left_inverse, right_inverse
from verified_cat.proofs.obligations import Goal, Obligation
from verified_cat.proofs.parametrised import chain
from verified_cat.proofs.statements import equal, statement
from verified_cat.proofs.worlds import World


def _learners(w: World) -> tuple[Learner, Learner, Learner]:
    a, b, c, d, p, q, r = w.sorts("A B C D P Q R")
    f, g = opaque_learner(w.learn, "f", p, a, b), opaque_learner(w.learn, "g", q, b, c)
    return f, g, opaque_learner(w.learn, "h", r, c, d)


@statement("LEARN-CAT")
def learn_category(w: World) -> Obligation:
    """Learners compose associatively and unitally, transported along α, λ and ρ (Fong et al. 2019, II.2)."""
    f, g, h = _learners(w)
    learn, base = w.learn, w.functions
    p, q, r = f.param, g.param, h.param
    nested = learn.compose(f, learn.compose(g, h))
    moved = learn.transport(nested, base.associator(p, q, r), base.associator_inverse(p, q, r))
    left = learn.transport(f, base.left_unitor(p), base.left_unitor_inverse(p))
    right = learn.transport(f, base.right_unitor(p), base.right_unitor_inverse(p))
    return equal(
        learn,
        [
            ("associativity", moved, learn.compose(learn.compose(f, g), h)),
            ("left identity", left, learn.compose(learn.identity(f.dom), f)),
            ("right identity", right, learn.compose(f, learn.identity(f.cod))),
        ],
    )


@statement("LEARN-COMP")
def learn_composition(w: World) -> Obligation:
    """I, U and r of g ∘ f as in Fong et al. 2019, Definition II.1: all of them with the old parameters."""
    f, g, _ = _learners(w)

    def explicit(x: Value) -> Value:
        ((p, q), a), c = x
        b = f.implement((p, a))
        wanted = g.request(((q, b), c))
        updated = f.update(((p, a), wanted)), g.update(((q, b), c))
        return (g.implement((q, b)), updated), f.request(((p, a), wanted))

    params = Pair(f.param, g.param)
    rule = w.functions.arrow(Pair(Pair(params, f.dom), g.cod), Pair(Pair(g.cod, params), f.dom), explicit)
    return Obligation("", (Goal(observe(w.learn, w.learn.compose(f, g)), rule, "composition"),))


@statement("LEARN-ID")
def learn_identity(w: World) -> Obligation:
    """The identity implements its input, learns nothing and requests what is asked for."""
    (a,) = w.sorts("A")

    def explicit(x: Value) -> Value:
        (p, value), wanted = x
        return (value, p), wanted

    one = w.learn.identity(a)
    rule = w.functions.arrow(Pair(Pair(one.param, a), a), Pair(Pair(a, one.param), a), explicit)
    return Obligation("", (Goal(observe(w.learn, one), rule, "identity"),))


@statement("LEARN-MON")
def learn_monoidal(w: World) -> Obligation:
    """Interchange along middle four, and σ natural along σ of the parameters (Fong et al. 2019, II.2)."""
    f, g, _ = _learners(w)
    a, b, c, p, q = w.sorts("A' B' C' P' Q'")
    learn, base = w.learn, w.functions
    f2, g2 = opaque_learner(learn, "f2", p, a, b), opaque_learner(learn, "g2", q, b, c)
    there = base.middle_four(f.param, f2.param, g.param, g2.param)
    back = base.middle_four(f.param, g.param, f2.param, g2.param)
    apart = learn.tensor(learn.compose(f, g), learn.compose(f2, g2))
    together = learn.compose(learn.tensor(f, f2), learn.tensor(g, g2))
    exchanged = base.tensor(base.identity(learn.unit), base.swap(f.param, f2.param))
    restored = base.tensor(base.identity(learn.unit), base.swap(f2.param, f.param))
    moved = learn.compose(learn.swap(f.dom, f2.dom), learn.tensor(f2, f))
    one = learn.transport(moved, exchanged, restored)
    unitors = base.compose(base.right_unitor(Pair(f.param, p)), base.left_unitor_inverse(Pair(f.param, p)))
    away = base.compose(base.left_unitor(Pair(f.param, p)), base.right_unitor_inverse(Pair(f.param, p)))
    other = learn.compose(learn.tensor(f, f2), learn.swap(f.cod, f2.cod))
    return equal(
        learn,
        [
            ("interchange", learn.transport(apart, there, back), together),
            ("σ is natural", learn.transport(one, unitors, away), other),
        ],
    )


@statement("L-FUNCT composition")
def gradient_learning_composes(w: World) -> Obligation:
    """L(f ; g) = L f ; L g for any update rule, if y ↦ ∂e/∂x(b, y) has a right inverse (Fong et al. 2019, III.2)."""
    f, g, _ = chain(w, w.para_gad)
    learn, functor = w.learn, w.gradient_learning
    return equal(
        learn,
        [("composition", functor(w.para_gad.compose(f, g)), learn.compose(functor(f), functor(g)))],
        [right_inverse(f.cod)],
    )


@statement("L-FUNCT identity")
def gradient_learning_of_identity(w: World) -> Obligation:
    """L(id) = id, if y ↦ ∂e/∂x(a, y) has a left inverse (Fong et al. 2019, III.2)."""
    (a,) = w.sorts("A")
    image = w.gradient_learning(w.para_gad.identity(a))
    return equal(w.learn, [("identity", image, w.learn.identity(a))], [left_inverse(a)])


@statement("L-MON")
def gradient_learning_is_monoidal(w: World) -> Obligation:
    """L(f ⊗ g) = L f ⊗ L g, for an error and an update that are componentwise (Fong et al. 2019, III.2)."""
    f, _, _ = chain(w, w.para_gad)
    a, b, p = w.sorts("A' B' P'")
    f2, learn, functor = opaque_para(w.para_gad, "f2", p, a, b), w.learn, w.gradient_learning
    return equal(learn, [("tensor", functor(w.para_gad.tensor(f, f2)), learn.tensor(functor(f), functor(f2)))])


@statement("L-DEF")
def gradient_learning_definition(w: World) -> Obligation:
    """U = step(p, ∂E/∂p) and r = inverse(a, ∂E/∂a) with (∂E/∂p, ∂E/∂a) the pullback of ∂e/∂x(I(p, a), b)."""
    f, _, _ = chain(w, w.para_gad)
    functor, seen = w.gradient_learning, Pair(f.param, f.dom)
    derivative, inverse = functor.error.derivative(f.cod), functor.error.inverse(f.dom)
    value = opaque_morphism(w.functions, "f", seen, f.cod)
    pullback = opaque_morphism(w.functions, "derivative of f", Pair(seen, f.cod), seen)

    def explicit(x: Value) -> Value:
        (p, a), b = x
        y = value.run((p, a))
        dp, da = pullback.run(((p, a), derivative((y, b))))
        return (y, functor.step(f.param)((p, dp))), inverse((a, da))

    rule = w.functions.arrow(Pair(seen, f.cod), Pair(Pair(f.cod, f.param), f.dom), explicit)
    return Obligation("", (Goal(observe(w.learn, functor(f)), rule, "definition"),))
