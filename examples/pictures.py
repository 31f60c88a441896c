"""The values that docs/pictures.md draws: `verified-cat draw examples.pictures:NAME`."""

from verified_cat import primitives
from verified_cat.lens import Bundle, LensMap
from verified_cat.networks import PARA, mean_square, perceptron
from verified_cat.objects import Sort
from verified_cat.terms import Copy, Term

A, B, C, P, Q = map(Sort, "ABCPQ")
f, g, h = primitives.symbol("f", A, B), primitives.symbol("g", A, C), primitives.symbol("h", C, C)

both: Term = Copy(A) >> (f @ (g >> h))
"""a ↦ (f(a), h(g(a)))."""

layers = PARA.compose(
    PARA.of(P, A, B, primitives.symbol("f", P @ A, B)), PARA.of(Q, B, C, primitives.symbol("g", Q @ B, C))
)
"""((p, q), a) ↦ g(q, f(p, a))."""

network = perceptron(8, (64, 64, 10), primitives.relu)
"""Two dense layers with relu between."""

loss = mean_square(8, 10)
"""(z, y) ↦ 1/8 Σ (z - y)²."""

reading = LensMap(
    Bundle(A, A), Bundle(B, B), primitives.symbol("get", A, B), primitives.symbol("put", A @ B, A)
)  # fmt: skip
"""get : A → B, put : A ⊗ B → A."""


def deep() -> Term:
    """Forty operations, one after another."""
    found: Term = primitives.sin((8,))
    for _ in range(39):
        found = found >> primitives.sin((8,))
    return found
