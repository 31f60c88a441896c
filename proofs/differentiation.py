"""What is proved of GAD and Cont beyond being categories: the chain rule by formula, and the change of derivatives."""

from __future__ import annotations

from verified_cat.functions import Arrow, Value
from verified_cat.gad import change_of_derivatives
from verified_cat.objects import Pair
from verified_cat.observe import observe
from verified_cat.primitives import Symbol
from verified_cat.proofs.builders import (
    opaque_arrow,
    opaque_differentiable,
    opaque_functional,
)
from verified_cat.proofs.hypotheses import additive_map, commutative_monoid
from verified_cat.proofs.obligations import Goal, Obligation
from verified_cat.proofs.statements import equal, statement
from verified_cat.proofs.worlds import World


def _value_and_derivative(w: World, name: str, point: str, into: str, *, forward: bool) -> tuple[Arrow, Arrow]:
    """f and (a, v) ↦ f'(a)(v) as the arrows of the symbols that an opaque differentiable map of that name has."""
    a, b = w.sort(point), w.sort(into)
    source, target = (a, b) if forward else (b, a)
    value = opaque_arrow(w.functions, name, a, b)
    return value, opaque_arrow(w.functions, f"derivative of {name}", Pair(a, source), target)


@statement("D-RULES reverse chain rule")
def reverse_chain_rule(w: World) -> Obligation:
    """D(f ; g)(a, w) = (g(f(a)), Rf(a, Rg(f(a), w))) (Cockett et al. 2019, RD.5)."""
    a, b, c = w.sorts("A B C")
    (f, rf), (g, rg) = (
        _value_and_derivative(w, n, x, y, forward=False) for n, x, y in (("f", "A", "B"), ("g", "B", "C"))
    )
    whole = w.gad.compose(opaque_differentiable(w.gad, "f", a, b), opaque_differentiable(w.gad, "g", b, c))

    def explicit(aw: Value) -> Value:
        at, cotangent = aw
        return g.run(f.run(at)), rf.run((at, rg.run((f.run(at), cotangent))))

    rule = w.functions.arrow(Pair(a, c), Pair(c, a), explicit)
    return Obligation("", (Goal(observe(w.gad, whole), rule, "value and pullback"),))


@statement("D-RULES forward chain rule")
def forward_chain_rule(w: World) -> Obligation:
    """D(f ; g)(a, v) = (g(f(a)), Dg(f(a), Df(a, v))) (Elliott 2018, Theorem 1)."""
    a, b, c = w.sorts("A B C")
    (f, df), (g, dg) = (
        _value_and_derivative(w, n, x, y, forward=True) for n, x, y in (("f", "A", "B"), ("g", "B", "C"))
    )
    maps = opaque_differentiable(w.forward, "f", a, b), opaque_differentiable(w.forward, "g", b, c)

    def explicit(av: Value) -> Value:
        at, along = av
        return g.run(f.run(at)), dg.run((f.run(at), df.run((at, along))))

    rule = w.functions.arrow(Pair(a, a), Pair(c, c), explicit)
    return Obligation("", (Goal(observe(w.forward, w.forward.compose(*maps)), rule, "value and derivative"),))


@statement("D-RULES cross and pairing")
def cross_rule(w: World) -> Obligation:
    """The pullback of f ⊗ g is that of each; the pullback of ⟨f, g⟩ adds (Elliott 2018, Theorem 2)."""
    a, b, c, d = w.sorts("A B C D")
    f, g = opaque_differentiable(w.gad, "f", a, b), opaque_differentiable(w.gad, "g", c, d)
    h, add = opaque_differentiable(w.gad, "h", a, d), w.additive.sum_of(a)
    (fv, rf), (gv, rg), (hv, rh) = (
        _value_and_derivative(w, n, x, y, forward=False)
        for n, x, y in (("f", "A", "B"), ("g", "C", "D"), ("h", "A", "D"))
    )

    def crossed(x: Value) -> Value:
        at, (left, right) = x
        one, two = at
        return (fv.run(one), gv.run(two)), (rf.run((one, left)), rg.run((two, right)))

    def paired(x: Value) -> Value:
        at, (left, right) = x
        return (fv.run(at), hv.run(at)), add((rf.run((at, left)), rh.run((at, right))))

    bd, ac = Pair(b, d), Pair(a, c)
    goals = (
        Goal(observe(w.gad, w.gad.tensor(f, g)), w.functions.arrow(Pair(ac, bd), Pair(bd, ac), crossed), "cross rule"),
        Goal(observe(w.gad, w.gad.pairing(f, h)), w.functions.arrow(Pair(a, bd), Pair(bd, a), paired), "pairing"),
    )
    return Obligation("", goals)


@statement("GAD-FORGET")
def value_functor(w: World) -> Obligation:
    """The value of a composite, of a tensor and of an identity is that of the values."""
    a, b, c = w.sorts("A B C")
    f, g = opaque_differentiable(w.gad, "f", a, b), opaque_differentiable(w.gad, "g", b, c)
    forget, base = w.gad.forget, w.functions
    return equal(
        base,
        [
            ("composition", forget(w.gad.compose(f, g)), base.compose(forget(f), forget(g))),
            ("tensor", forget(w.gad.tensor(f, g)), base.tensor(forget(f), forget(g))),
            ("identity", forget(w.gad.identity(a)), base.identity(a)),
        ],
    )


@statement("CONT-FUNCT")
def cont_is_a_functor(w: World) -> Obligation:
    """cont(f ; g) = cont f ; cont g, cont id = id, cont(f ⊗ g) = cont f ⊗ cont g (Elliott 2018, section 12)."""
    a, b, c, d, r = w.sorts("A B C D R")
    k, cont = w.additive, w.continuations(r)
    f, g, g2 = opaque_arrow(k, "f", a, b), opaque_arrow(k, "g", b, c), opaque_arrow(k, "g2", c, d)
    seen_at = [additive_map(Symbol("h", ob, r)) for ob in dict.fromkeys([Pair(b, d), a])]
    return equal(
        cont,
        [
            ("composition", cont.of(k.compose(f, g)), cont.compose(cont.of(f), cont.of(g))),
            ("identity", cont.of(k.identity(a)), cont.identity(a)),
            ("tensor", cont.of(k.tensor(f, g2)), cont.tensor(cont.of(f), cont.of(g2))),
        ],
        [*(commutative_monoid(ob) for ob in (b, d, r)), *seen_at],
        opaque_functional(cont),
    )


@statement("CONT-FUNCT products")
def cont_preserves_products(w: World) -> Obligation:
    """cont takes π₀, π₁, Δ, !, ι₀, ι₁ and ∇ of k to those of Cont, seen at additive functionals (law CONT-IMAGE)."""
    a, b, r = w.sorts("A B R")
    k, cont = w.additive, w.continuations(r)
    seen_at = [additive_map(Symbol("h", ob, r)) for ob in dict.fromkeys([a, b, Pair(a, b), Pair(a, a)])]
    return equal(
        cont,
        [
            ("π₀", cont.of(k.first(a, b)), cont.first(a, b)),
            ("π₁", cont.of(k.second(a, b)), cont.second(a, b)),
            ("Δ", cont.of(k.copy(a)), cont.copy(a)),
            ("ι₀", cont.of(k.inject_first(a, b)), cont.inject_first(a, b)),
            ("ι₁", cont.of(k.inject_second(a, b)), cont.inject_second(a, b)),
            ("∇", cont.of(k.merge(a)), cont.merge(a)),
        ],
        [*(commutative_monoid(ob) for ob in dict.fromkeys([a, b, r])), *seen_at],
        opaque_functional(cont),
    )


@statement("GAD-CAT over continuations")
def differentiable_continuations(w: World) -> Obligation:
    """GAD over Cont is a category: reverse mode by continuations (Elliott 2018, section 12)."""
    a, b, c, d, r = w.sorts("A B C D R")
    cont = w.continuations(r)
    gad = type(w.gad)(w.functions, cont)
    f, g, h = (opaque_differentiable(gad, n, x, y) for n, x, y in (("f", a, b), ("g", b, c), ("h", c, d)))
    return equal(
        gad,
        [
            ("associativity", gad.compose(f, gad.compose(g, h)), gad.compose(gad.compose(f, g), h)),
            ("left identity", gad.compose(gad.identity(a), f), f),
            ("right identity", gad.compose(f, gad.identity(b)), f),
        ],
        functional=opaque_functional(cont),
    )


@statement("GAD-BASE")
def change_of_derivatives_is_a_functor(w: World) -> Obligation:
    """GAD_cont : GAD_k → GAD_Cont preserves composition and identities (Elliott 2018, section 12)."""
    a, b, c, r = w.sorts("A B C R")
    cont = w.continuations(r)
    target = type(w.gad)(w.functions, cont)
    over = change_of_derivatives(w.forward, target, cont.of)
    f, g = opaque_differentiable(w.forward, "f", a, b), opaque_differentiable(w.forward, "g", b, c)
    return equal(
        target,
        [
            ("composition", over(w.forward.compose(f, g)), target.compose(over(f), over(g))),
            ("identity", over(w.forward.identity(a)), target.identity(a)),
        ],
        functional=opaque_functional(cont),
    )
