"""The chain rule over normed spaces, in ε and δ: lemmas with their witnesses, and how they chain.

A *slope* of f at c is a map Φ into linear maps with f(y) - f(c) = Φ(y) (y - c); f is differentiable at c with the
derivative Φ(c) where Φ is continuous at c (Carathéodory 1954; in several variables Acosta and Delgado 1994).
Continuity is stated with its modulus, a function δ of ε, so that nothing asserts that something exists: every witness
is a term. The spaces are opaque sorts, so they have any dimension; what is used of norms is in `norms`.
"""

from __future__ import annotations

from verified_cat.proofs.firstorder import REAL, Conclusion, Expression, Lemma
from verified_cat.proofs.norms import BASE, V, assumed, equation, least, maps, minus, near, norm, positive, slope

# ------------------------------------------------------------------------------------------------ A, B, C, D

GIVEN = maps(f="X Y", phi="X XY", c="X", d_phi="R R", g="Y Z", gamma="Y YZ", d_gamma="R R")

BOUND = ("+", norm("XY", ("phi", "c")), 1)
"""‖Φ(c)‖ + 1, a bound of ‖Φ(y)‖ near c."""

A = Lemma(
    "A",
    "A differentiable map is continuous: δ(ε) = min(δ_Φ(1), ε / (‖Φ(c)‖ + 1)).",
    {**BASE, **GIVEN, **maps(d_f="R R")},
    assumed(
        "operator norm XY",
        "triangle XY",
        "norm X ≥ 0",
        "norm XY ≥ 0",
        slope=slope("f", "phi", "c", "X", "Y"),
        positive=positive("d_phi"),
        near=near("phi", "c", "d_phi", "X", "XY"),
    ),
    {
        "positive": Conclusion(
            positive("d_f"),
            (("d_f", ("e",)), ("positive", (1,)), ("norm XY ≥ 0", (("phi", "c"),))),
        ),
        "near": Conclusion(
            near("f", "c", "d_f", "X", "Y"),
            (
                ("d_f", ("e",)),
                ("slope", ("y",)),
                ("near", (1, "y")),
                ("operator norm XY", (("phi", "y"), minus("X", "y", "c"))),
                ("triangle XY", (("phi", "y"), ("phi", "c"))),
                ("norm XY ≥ 0", (("phi", "c"),)),
                ("norm X ≥ 0", (minus("X", "y", "c"),)),
            ),
        ),
    },
    {"d_f": equation((("e", REAL),), ("d_f", "e"), least(("d_phi", 1), ("/", "e", BOUND)))},
)

B = Lemma(
    "B",
    "A continuous map after a continuous one is continuous: δ(ε) = δ_f(δ_Γ(ε)).",
    {**BASE, **GIVEN, **maps(d_f="R R", after="X YZ", d_after="R R")},
    {
        "positive f": positive("d_f"),
        "near f": near("f", "c", "d_f", "X", "Y"),
        "positive gamma": positive("d_gamma"),
        "near gamma": near("gamma", ("f", "c"), "d_gamma", "Y", "YZ"),
    },
    {
        "positive": Conclusion(
            positive("d_after"),
            (("d_after", ("e",)), ("positive gamma", ("e",)), ("positive f", (("d_gamma", "e"),))),
        ),
        "near": Conclusion(
            near("after", "c", "d_after", "X", "YZ"),
            (
                ("d_after", ("e",)),
                ("after", ("y",)),
                ("after", ("c",)),
                ("positive gamma", ("e",)),
                ("near f", (("d_gamma", "e"), "y")),
                ("near gamma", ("e", ("f", "y"))),
            ),
        ),
    },
    {
        "after": equation(V, ("after", "y"), ("gamma", ("f", "y"))),
        "d_after": equation((("e", REAL),), ("d_after", "e"), ("d_f", ("d_gamma", "e"))),
    },
)


def _half_over(size: Expression) -> Expression:
    """ε / (2 (size + 1))."""
    return ("/", "e", ("*", 2, ("+", size, 1)))


FIRST = least(1, _half_over(norm("YZ", ("after", "c"))))
SECOND = _half_over(norm("XY", ("phi", "c")))
RISE_OF_PHI = minus("XY", ("phi", "y"), ("phi", "c"))
RISE_OF_AFTER = minus("YZ", ("after", "y"), ("after", "c"))

C = Lemma(
    "C",
    "A product of continuous maps is continuous: δ(ε) = min(δ_Φ(min(1, ε/2(‖Ψ(c)‖ + 1))), δ_Ψ(ε/2(‖Φ(c)‖ + 1))).",
    {**BASE, **GIVEN, **maps(after="X YZ", d_after="R R", product="X XZ", d_product="R R")},
    assumed(
        "norm of a composite",
        "norm of a sum",
        "bilinear",
        "triangle XY",
        "norm XY ≥ 0",
        "norm YZ ≥ 0",
        **{
            "positive phi": positive("d_phi"),
            "near phi": near("phi", "c", "d_phi", "X", "XY"),
            "positive after": positive("d_after"),
            "near after": near("after", "c", "d_after", "X", "YZ"),
        },
    ),
    {
        "positive": Conclusion(
            positive("d_product"),
            (
                ("d_product", ("e",)),
                ("positive phi", (FIRST,)),
                ("positive after", (SECOND,)),
                ("norm XY ≥ 0", (("phi", "c"),)),
                ("norm YZ ≥ 0", (("after", "c"),)),
            ),
        ),
        "near": Conclusion(
            near("product", "c", "d_product", "X", "XZ"),
            (
                ("d_product", ("e",)),
                ("product", ("y",)),
                ("product", ("c",)),
                ("near phi", (FIRST, "y")),
                ("near after", (SECOND, "y")),
                ("bilinear", (("phi", "y"), ("phi", "c"), ("after", "y"), ("after", "c"))),
                ("norm of a sum", (("then", ("phi", "y"), RISE_OF_AFTER), ("then", RISE_OF_PHI, ("after", "c")))),
                ("norm of a composite", (("phi", "y"), RISE_OF_AFTER)),
                ("norm of a composite", (RISE_OF_PHI, ("after", "c"))),
                ("triangle XY", (("phi", "y"), ("phi", "c"))),
                ("norm XY ≥ 0", (("phi", "c"),)),
                ("norm XY ≥ 0", (RISE_OF_PHI,)),
                ("norm YZ ≥ 0", (("after", "c"),)),
                ("norm YZ ≥ 0", (RISE_OF_AFTER,)),
            ),
        ),
    },
    {
        "product": equation(V, ("product", "y"), ("then", ("phi", "y"), ("after", "y"))),
        "d_product": equation((("e", REAL),), ("d_product", "e"), least(("d_phi", FIRST), ("d_after", SECOND))),
    },
)

D = Lemma(
    "D",
    "The composite has the slope Φ(y) ; Γ(f(y)), whose value at c is Φ(c) ; Γ(f(c)).",
    {**BASE, **GIVEN, **maps(whole="X Z", after="X YZ", product="X XZ")},
    assumed(
        "composition",
        **{"slope f": slope("f", "phi", "c", "X", "Y"), "slope g": slope("g", "gamma", ("f", "c"), "Y", "Z")},
    ),
    {
        "slope": Conclusion(
            slope("whole", "product", "c", "X", "Z"),
            (
                ("whole", ("y",)),
                ("whole", ("c",)),
                ("after", ("y",)),
                ("product", ("y",)),
                ("slope f", ("y",)),
                ("slope g", (("f", "y"),)),
                ("composition", (("phi", "y"), ("gamma", ("f", "y")), minus("X", "y", "c"))),
            ),
        ),
        "derivative": Conclusion(
            equation((), ("product", "c"), ("then", ("phi", "c"), ("gamma", ("f", "c")))),
            (("after", ("c",)), ("product", ("c",))),
        ),
    },
    {
        "whole": equation(V, ("whole", "y"), ("g", ("f", "y"))),
        "after": equation(V, ("after", "y"), ("gamma", ("f", "y"))),
        "product": equation(V, ("product", "y"), ("then", ("phi", "y"), ("after", "y"))),
    },
)
