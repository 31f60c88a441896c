"""The chain rule over normed spaces, in ε and δ: lemmas with their witnesses, and how they chain.

A *slope* of f at c is a map Φ into linear maps with f(y) - f(c) = Φ(y) (y - c); f is differentiable at c with the
derivative Φ(c) where Φ is continuous at c (Carathéodory 1954; in several variables Acosta and Delgado 1994).
Continuity is stated with its modulus, a function δ of ε, so that nothing asserts that something exists: every witness
is a term. The spaces are opaque sorts, so they have any dimension; what is used of norms is listed in `FACTS`.
"""

from __future__ import annotations

from verified_cat.proofs.firstorder import REAL, Conclusion, Expression, Lemma, Signature, Statement

LINEAR = {("X", "Y"): "XY", ("Y", "Z"): "YZ", ("X", "Z"): "XZ"}
SPACES = ("X", "Y", "Z", "XY", "YZ", "XZ")


def apart(sort: str, a: Expression, b: Expression) -> Expression:
    """‖a - b‖."""
    return (f"norm {sort}", (f"minus {sort}", a, b))


def norm(sort: str, a: Expression) -> Expression:
    """‖a‖."""
    return (f"norm {sort}", a)


def minus(sort: str, a: Expression, b: Expression) -> Expression:
    """a - b."""
    return (f"minus {sort}", a, b)


def applied(linear: str, to: Expression) -> Expression:
    """L v, for L and the sort of L."""
    return (f"apply {linear}", *to)


def least(a: Expression, b: Expression) -> Expression:
    """The smaller of two numbers."""
    return ("ite", ("<", a, b), a, b)


def both(*parts: Expression) -> Expression:
    """All of them."""
    return ("and", *parts)


def equation(variables: tuple[tuple[str, str], ...], lhs: Expression, rhs: Expression) -> Statement:
    """∀ variables. lhs = rhs."""
    return Statement(variables, ("=", lhs, rhs))


# ------------------------------------------------------------------------------------------------ the vocabulary


def positive(delta: str) -> Statement:
    """δ(ε) > 0 for ε > 0."""
    return Statement((("e", REAL),), ("=>", ("<", 0, "e"), ("<", 0, (delta, "e"))))


def near(h: str, c: Expression, delta: str, dom: str, cod: str) -> Statement:
    """‖y - c‖ < δ(ε) gives ‖h(y) - h(c)‖ < ε: h is continuous at c with the modulus δ."""
    given = both(("<", 0, "e"), ("<", apart(dom, "y", c), (delta, "e")))
    return Statement((("e", REAL), ("y", dom)), ("=>", given, ("<", apart(cod, (h, "y"), (h, c)), "e")))


def slope(f: str, phi: str, c: Expression, dom: str, cod: str) -> Statement:
    """f(y) - f(c) = Φ(y) (y - c)."""
    rise = applied(LINEAR[dom, cod], ((phi, "y"), minus(dom, "y", c)))
    return equation((("y", dom),), minus(cod, (f, "y"), (f, c)), rise)


def _space(sort: str) -> dict[str, Signature]:
    return {f"norm {sort}": Signature((sort,), REAL), f"minus {sort}": Signature((sort, sort), sort)}


def _linear(dom: str, cod: str) -> dict[str, Signature]:
    return {f"apply {LINEAR[dom, cod]}": Signature((LINEAR[dom, cod], dom), cod)}


def maps(**given: str) -> dict[str, Signature]:
    """Symbols written as f="X Y" for f : X → Y, c="X" for a constant."""
    found = {name: tuple(text.replace("R", REAL).split()) for name, text in given.items()}
    return {name: Signature(sorts[:-1], sorts[-1]) for name, sorts in found.items()}


BASE = {
    **{name: each for sort in SPACES for name, each in _space(sort).items()},
    **{name: each for dom, cod in LINEAR for name, each in _linear(dom, cod).items()},
    "then": Signature(("XY", "YZ"), "XZ"),
    "plus XZ": Signature(("XZ", "XZ"), "XZ"),
    "times X": Signature((REAL, "X"), "X"),
    "plus X": Signature(("X", "X"), "X"),
    "times Y": Signature((REAL, "Y"), "Y"),
    "times Z": Signature((REAL, "Z"), "Z"),
    "inner X": Signature(("X", "X"), REAL),
    "inner Y": Signature(("Y", "Y"), REAL),
    "inner Z": Signature(("Z", "Z"), REAL),
}
"""Norm and difference on each space, linear maps and their composition."""


def _facts() -> dict[str, Statement]:
    at_least = {f"norm {sort} ≥ 0": Statement((("v", sort),), ("<=", 0, norm(sort, "v"))) for sort in SPACES}
    triangle = {
        f"triangle {sort}": Statement(
            (("u", sort), ("v", sort)), ("<=", norm(sort, "u"), ("+", apart(sort, "u", "v"), norm(sort, "v")))
        )
        for sort in ("XY", "YZ", "Y")
    }
    bounded = {
        f"operator norm {linear}": Statement(
            (("u", linear), ("v", dom)),
            ("<=", norm(cod, applied(linear, ("u", "v"))), ("*", norm(linear, "u"), norm(dom, "v"))),
        )
        for (dom, cod), linear in LINEAR.items()
    }
    four = (("k", "XY"), ("l", "XY"), ("m", "YZ"), ("n", "YZ"))
    pointwise = (("u", "XY"), ("w", "XY"), ("v", "X"))
    return {
        **at_least,
        **triangle,
        **bounded,
        "norm of a sum": Statement(
            (("u", "XZ"), ("v", "XZ")),
            ("<=", norm("XZ", ("plus XZ", "u", "v")), ("+", norm("XZ", "u"), norm("XZ", "v"))),
        ),
        "norm of a composite": Statement(
            (("u", "XY"), ("v", "YZ")), ("<=", norm("XZ", ("then", "u", "v")), ("*", norm("XY", "u"), norm("YZ", "v")))
        ),
        "bilinear": equation(
            four,
            minus("XZ", ("then", "k", "m"), ("then", "l", "n")),
            ("plus XZ", ("then", "k", minus("YZ", "m", "n")), ("then", minus("XY", "k", "l"), "n")),
        ),
        "composition": equation(
            (("l", "XY"), ("m", "YZ"), ("v", "X")),
            applied("XZ", (("then", "l", "m"), "v")),
            applied("YZ", ("m", applied("XY", ("l", "v")))),
        ),
        "difference of maps": equation(
            pointwise,
            applied("XY", (minus("XY", "u", "w"), "v")),
            minus("Y", applied("XY", ("u", "v")), applied("XY", ("w", "v"))),
        ),
    }


FACTS = _facts()
"""What is used of norms: textbook facts, which hold of the operator norm in every dimension."""

V, U = (("y", "X"),), (("y", "Y"),)


def assumed(*named: str, **own: Statement) -> dict[str, Statement]:
    """Facts by name, and hypotheses of a lemma's own."""
    return {**{name: FACTS[name] for name in named}, **own}


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
