"""Slopes, continuity and linear maps of normed spaces as statements, and the facts on norms that the lemmas use.

The spaces are opaque sorts, so they have any dimension. Symbols are named by the sort that they belong to.
"""

from __future__ import annotations

from verified_cat.proofs.firstorder import REAL, Expression, Signature, Statement

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

V = (("y", "X"),)


def assumed(*named: str, **own: Statement) -> dict[str, Statement]:
    """Facts by name, and hypotheses of a lemma's own."""
    return {**{name: FACTS[name] for name in named}, **own}
