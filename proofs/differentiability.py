"""A derivative is unique, and it is the derivative of Fréchet: lemmas E and F, and G, the converse on the line."""

from __future__ import annotations

from verified_cat.proofs.chain_rule import GIVEN
from verified_cat.proofs.firstorder import REAL, Conclusion, Expression, Lemma, Statement
from verified_cat.proofs.norms import (
    BASE,
    apart,
    applied,
    assumed,
    both,
    equation,
    least,
    maps,
    minus,
    near,
    norm,
    positive,
    slope,
)

# ------------------------------------------------------------------------------------------------ E: uniqueness

LARGER = ("+", norm("X", "v"), 1)
GAP = apart("Y", applied("XY", (("phi", "c"), "v")), applied("XY", (("psi", "c"), "v")))
EPSILON = ("/", GAP, ("*", 2, LARGER))
STEP = ("/", least(("d_phi", EPSILON), ("d_psi", EPSILON)), ("*", 2, LARGER))
POINT = ("plus X", "c", ("times X", STEP, "v"))
"""c + t v, so near to c that both slopes are within ε = ‖Φ(c) v - Ψ(c) v‖ / 2 (‖v‖ + 1) of their values at c."""


def _along(which: str, where: Expression) -> Expression:
    """Φ(y) v."""
    return applied("XY", ((which, where), "v"))


UNIQUE_FACTS = {
    "step": equation(
        (("t", REAL), ("a", "X"), ("v", "X")),
        minus("X", ("plus X", "a", ("times X", "t", "v")), "a"),
        ("times X", "t", "v"),
    ),
    "norm of a multiple": Statement(
        (("t", REAL), ("v", "X")),
        ("=>", ("<=", 0, "t"), ("=", norm("X", ("times X", "t", "v")), ("*", "t", norm("X", "v")))),
    ),
    "homogeneous": equation(
        (("l", "XY"), ("t", REAL), ("v", "X")),
        applied("XY", ("l", ("times X", "t", "v"))),
        ("times Y", "t", applied("XY", ("l", "v"))),
    ),
    "cancel": Statement(
        (("t", REAL), ("a", "Y"), ("b", "Y")),
        ("=>", both(("<", 0, "t"), ("=", ("times Y", "t", "a"), ("times Y", "t", "b"))), ("=", "a", "b")),
    ),
    "detour": Statement(
        (("a", "Y"), ("b", "Y"), ("m", "Y")),
        ("<=", apart("Y", "a", "b"), ("+", apart("Y", "m", "a"), apart("Y", "m", "b"))),
    ),
    "definite": Statement((("a", "Y"), ("b", "Y")), ("=>", ("<=", apart("Y", "a", "b"), 0), ("=", "a", "b"))),
}

E = Lemma(
    "E",
    "Two slopes of one map that are continuous at c have the same value there: the derivative is unique.",
    {**BASE, **GIVEN, **maps(psi="X XY", d_psi="R R")},
    {
        **assumed("operator norm XY", "norm X ≥ 0", "norm Y ≥ 0", "difference of maps"),
        **UNIQUE_FACTS,
        "slope phi": slope("f", "phi", "c", "X", "Y"),
        "slope psi": slope("f", "psi", "c", "X", "Y"),
        "positive phi": positive("d_phi"),
        "near phi": near("phi", "c", "d_phi", "X", "XY"),
        "positive psi": positive("d_psi"),
        "near psi": near("psi", "c", "d_psi", "X", "XY"),
    },
    {
        "unique": Conclusion(
            equation((("v", "X"),), _along("phi", "c"), _along("psi", "c")),
            (
                ("definite", (_along("phi", "c"), _along("psi", "c"))),
                ("norm X ≥ 0", ("v",)),
                ("positive phi", (EPSILON,)),
                ("positive psi", (EPSILON,)),
                ("step", (STEP, "c", "v")),
                ("norm of a multiple", (STEP, "v")),
                ("slope phi", (POINT,)),
                ("slope psi", (POINT,)),
                ("homogeneous", (("phi", POINT), STEP, "v")),
                ("homogeneous", (("psi", POINT), STEP, "v")),
                ("cancel", (STEP, _along("phi", POINT), _along("psi", POINT))),
                ("near phi", (EPSILON, POINT)),
                ("near psi", (EPSILON, POINT)),
                ("difference of maps", (("phi", POINT), ("phi", "c"), "v")),
                ("difference of maps", (("psi", POINT), ("psi", "c"), "v")),
                ("operator norm XY", (minus("XY", ("phi", POINT), ("phi", "c")), "v")),
                ("operator norm XY", (minus("XY", ("psi", POINT), ("psi", "c")), "v")),
                ("detour", (_along("phi", "c"), _along("psi", "c"), _along("phi", POINT))),
            ),
        ),
    },
)

# ------------------------------------------------------------------------------------------------ F, G: Fréchet

REMAINDER = norm(
    "Y", minus("Y", minus("Y", ("f", "y"), ("f", "c")), applied("XY", (("phi", "c"), minus("X", "y", "c"))))
)

F = Lemma(
    "F",
    "A slope that is continuous at c is there the derivative of Fréchet: ‖f(y) - f(c) - Φ(c)(y - c)‖ ≤ ε ‖y - c‖.",
    {**BASE, **GIVEN},
    assumed(
        "operator norm XY",
        "norm X ≥ 0",
        "difference of maps",
        slope=slope("f", "phi", "c", "X", "Y"),
        near=near("phi", "c", "d_phi", "X", "XY"),
    ),
    {
        "Fréchet": Conclusion(
            Statement(
                (("e", REAL), ("y", "X")),
                (
                    "=>",
                    both(("<", 0, "e"), ("<", apart("X", "y", "c"), ("d_phi", "e"))),
                    ("<=", REMAINDER, ("*", "e", apart("X", "y", "c"))),
                ),
            ),
            (
                ("slope", ("y",)),
                ("near", ("e", "y")),
                ("difference of maps", (("phi", "y"), ("phi", "c"), minus("X", "y", "c"))),
                ("operator norm XY", (minus("XY", ("phi", "y"), ("phi", "c")), minus("X", "y", "c"))),
                ("norm X ≥ 0", (minus("X", "y", "c"),)),
            ),
        ),
    },
)


def size(number: Expression) -> Expression:
    """|number|."""
    return ("ite", ("<=", 0, number), number, ("-", number))


def _rise(at: Expression) -> Expression:
    return ("-", ("h", at), ("h", "a"))


WITHIN = both(("<", 0, "e"), ("<", size(("-", "y", "a")), ("d", "e")))
FROM_HALF = both(("<", 0, "e"), ("<", size(("-", "y", "a")), ("d_slope", "e")))
FRECHET = ("<=", size(("-", _rise("y"), ("*", "l", ("-", "y", "a")))), ("*", "e", size(("-", "y", "a"))))

G = Lemma(
    "G",
    "On the line, a derivative in ε and δ has the slope (h(y) - h(a)) / (y - a), continuous at a: δ(ε) = δ(ε/2).",
    maps(h="R R", a="R", l="R", d="R R", quotient="R R", d_slope="R R"),
    {"positive": positive("d"), "Fréchet": Statement((("e", REAL), ("y", REAL)), ("=>", WITHIN, FRECHET))},
    {
        "slope": Conclusion(
            equation((("y", REAL),), _rise("y"), ("*", ("quotient", "y"), ("-", "y", "a"))), (("quotient", ("y",)),)
        ),
        "value": Conclusion(equation((), ("quotient", "a"), "l"), (("quotient", ("a",)),)),
        "positive": Conclusion(positive("d_slope"), (("d_slope", ("e",)), ("positive", (("/", "e", 2),)))),
        "near": Conclusion(
            Statement(
                (("e", REAL), ("y", REAL)),
                ("=>", FROM_HALF, ("<", size(("-", ("quotient", "y"), ("quotient", "a"))), "e")),
            ),
            (("d_slope", ("e",)), ("slope", ("y",)), ("value", ()), ("Fréchet", (("/", "e", 2), "y"))),
        ),
    },
    {
        "quotient": equation(
            (("y", REAL),),
            ("quotient", "y"),
            ("ite", ("=", "y", "a"), "l", ("/", _rise("y"), ("-", "y", "a"))),
        ),
        "d_slope": equation((("e", REAL),), ("d_slope", "e"), ("d", ("/", "e", 2))),
    },
)
