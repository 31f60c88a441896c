"""What is proved of additive maps and Dual beyond being categories: biproducts, bilinearity, what is turned round."""

from __future__ import annotations

from verified_cat.functions import Value
from verified_cat.objects import UNIT, Pair
from verified_cat.proofs.builders import (
    opaque_additive,
    opaque_arrow,
)
from verified_cat.proofs.hypotheses import commutative_monoid
from verified_cat.proofs.obligations import Obligation
from verified_cat.proofs.statements import equal, statement
from verified_cat.proofs.worlds import World


@statement("ADD-BIPROD")
def biproduct(w: World) -> Obligation:
    """ι ; π = id or 0, π₀ ; ι₀ + π₁ ; ι₁ = id (Mac Lane 1998, VIII.2)."""
    a, b = w.sorts("A B")
    k = w.additive
    first, second = k.first(a, b), k.second(a, b)
    one, two = k.inject_first(a, b), k.inject_second(a, b)
    both = k.add(k.compose(first, one), k.compose(second, two))
    return equal(
        k,
        [
            ("ι₀ ; π₀", k.compose(one, first), k.identity(a)),
            ("ι₁ ; π₁", k.compose(two, second), k.identity(b)),
            ("ι₀ ; π₁", k.compose(one, second), k.zero(a, b)),
            ("ι₁ ; π₀", k.compose(two, first), k.zero(b, a)),
            ("the injections and projections sum to the identity", both, k.identity(Pair(a, b))),
        ],
        [commutative_monoid(a), commutative_monoid(b)],
    )


@statement("ADD-JAM")
def jam(w: World) -> Obligation:
    """∇ is natural, commutative, associative and unital on pairs as on leaves (Macedo and Oliveira 2013)."""
    a, b = w.sorts("A B")
    k = w.additive
    f, additive = opaque_additive(k, "f", a, b)
    pair = Pair(a, b)
    jam_pair, one = k.merge(pair), k.identity(pair)
    unital = k.sequence(k.left_unitor_inverse(pair), k.tensor(k.zero(UNIT, pair), one), jam_pair)
    left = k.compose(k.tensor(jam_pair, one), jam_pair)
    right = k.sequence(k.associator(pair, pair, pair), k.tensor(one, jam_pair), jam_pair)
    return equal(
        k,
        [
            ("natural", k.compose(k.merge(a), f), k.compose(k.tensor(f, f), k.merge(b))),
            ("zero is natural", k.compose(k.zero(a, a), f), k.zero(a, b)),
            ("commutative", k.compose(k.swap(pair, pair), jam_pair), jam_pair),
            ("associative", left, right),
            ("unital", unital, one),
        ],
        [commutative_monoid(a), commutative_monoid(b), additive],
    )


@statement("ADD-HOMCMON")
def bilinear_composition(w: World) -> Obligation:
    """f ; (g + h) = f ; g + f ; h, (f + g) ; h = f ; h + g ; h, f + 0 = f."""
    a, b, c = w.sorts("A B C")
    k = w.additive
    (f, _), (f2, _), (g, _) = (opaque_additive(k, n, a, b) for n in ("f", "f2", "g"))
    (h, additive), (h2, _) = (opaque_additive(k, n, b, c) for n in ("h", "h2"))
    right = k.add(k.compose(f, h), k.compose(f, h2))
    left = k.add(k.compose(f, h), k.compose(g, h))
    return equal(
        k,
        [
            ("linear in the second", k.compose(f, k.add(h, h2)), right),
            ("linear in the first", k.compose(k.add(f, g), h), left),
            ("zero", k.add(k.zero(a, b), f2), f2),
        ],
        [commutative_monoid(b), commutative_monoid(c), additive],
    )


@statement("DUAL-CAT")
def dual_is_opposite(w: World) -> Obligation:
    """Composition of Dual_k is composition of k the other way round: (f ; g)(w) = f(g(w)) (Elliott 2018, 13)."""
    a, b, c = w.sorts("A B C")
    f, g = opaque_arrow(w.additive, "f", b, a), opaque_arrow(w.additive, "g", c, b)  # f : A → B, g : B → C of Dual
    explicit = w.additive.arrow(c, a, lambda x: f.run(g.run(x)))
    return equal(
        w.dual,
        [
            ("composition", w.dual.compose(f, g), explicit),
            ("domain", w.dual.identity(w.dual.dom(f)), w.additive.identity(a)),
        ],
    )


@statement("DUAL-SWAP")
def dual_swaps_products(w: World) -> Obligation:
    """Copy of Dual adds, its pairing adds, and its projections inject (Elliott 2018, Fig. "asDual")."""
    a, b, c = w.sorts("A B C")
    f, g = opaque_arrow(w.additive, "f", b, a), opaque_arrow(w.additive, "g", c, a)
    add = w.additive.sum_of(a)

    def summed(xy: Value) -> Value:
        x, y = xy
        return add((f.run(x), g.run(y)))

    return equal(
        w.dual,
        [
            ("pairing", w.dual.pairing(f, g), w.additive.arrow(Pair(b, c), a, summed)),
            ("copy", w.dual.copy(a), w.additive.arrow(Pair(a, a), a, add)),
            ("first", w.dual.first(a, b), w.additive.arrow(a, Pair(a, b), lambda x: (x, w.additive.zero_value(b)))),
            ("second", w.dual.second(a, b), w.additive.arrow(b, Pair(a, b), lambda x: (w.additive.zero_value(a), x))),
            ("discard", w.dual.discard(a), w.additive.arrow(UNIT, a, lambda _: w.additive.zero_value(a))),
        ],
    )
