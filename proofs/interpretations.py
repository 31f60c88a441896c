"""Models of the lemmas on the line, and wrong variants of them with the points at which they fail there.

What a lemma assumes holds in its model, so it is not empty; and in the same model each wrong variant fails at a stated
point. Both are put to the solvers as sentences of real arithmetic in which no symbol is left open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from verified_cat.proofs import chain_rule, differentiability, structure
from verified_cat.proofs.differentiability import size
from verified_cat.proofs.firstorder import (
    BOTH,
    REAL,
    Conclusion,
    Expression,
    Lemma,
    Signature,
    Statement,
    at,
    smtlib,
)
from verified_cat.proofs.norms import SPACES, least

Meaning = tuple[tuple[str, ...], Expression]
"""The parameters of a symbol and its value at them."""


@dataclass(frozen=True, slots=True)
class Model:
    """A meaning for each symbol, over the reals; sorts not named are the reals."""

    meanings: Mapping[str, Meaning]
    sorts: Mapping[str, str]

    def meant(self, expression: Expression) -> Expression:
        """The expression with every symbol replaced by what it means."""
        head, *parts = expression if isinstance(expression, tuple) else (expression,)
        inside = [self.meant(part) for part in parts]
        if head not in self.meanings:
            return (head, *inside) if parts else expression
        names, body = self.meanings[head]
        return _replaced(body, dict(zip(names, inside, strict=True)))

    def with_definitions(self, lemma: Lemma) -> Model:
        """The model in which the symbols that the lemma defines mean what it says."""
        found = self
        for name, statement in lemma.definitions.items():
            body = found.meant(statement.body[2])
            meaning = tuple(variable for variable, _ in statement.variables), body
            found = replace(found, meanings={**found.meanings, name: meaning})
        return found

    def holds(self, statement: Statement) -> str:
        """The text whose unsatisfiability is that the statement holds in the model."""
        free = {name: Signature((), self.sorts.get(sort, REAL)) for name, sort in statement.variables}
        return smtlib(free, (), self.meant(statement.body))

    def fails(self, statement: Statement, point: tuple[Expression, ...]) -> str:
        """The text whose unsatisfiability is that the statement fails at the point."""
        return smtlib({}, (), ("not", self.meant(at(statement, point))))


def _replaced(expression: Expression, values: Mapping[str, Expression]) -> Expression:
    if isinstance(expression, tuple):
        return tuple(_replaced(part, values) for part in expression)
    return values.get(expression, expression)


# ------------------------------------------------------------------------------------------------ the line


def unary(body: Expression) -> Meaning:
    """x ↦ body."""
    return ("x",), body


def _line() -> Iterator[tuple[str, Meaning]]:
    for sort in SPACES:
        yield f"norm {sort}", unary(size("x"))
        yield f"minus {sort}", (("x", "y"), ("-", "x", "y"))
    for linear in ("XY", "YZ", "XZ"):
        yield f"apply {linear}", (("x", "y"), ("*", "x", "y"))
    for product in ("then", "times X", "times Y", "times Z", "inner X", "inner Y", "inner Z"):
        yield product, (("x", "y"), ("*", "x", "y"))
    for total in ("plus X", "plus XZ"):
        yield total, (("x", "y"), ("+", "x", "y"))


def _pairs() -> Iterator[tuple[str, Meaning]]:
    """P, Q and PQ as pairs of numbers, with the larger of the two sizes; a diagonal matrix acts entry by entry."""
    one, two = ("one", "x"), ("two", "x")
    for sort in ("P", "Q", "PQ"):
        yield f"norm {sort}", unary(("ite", ("<", size(one), size(two)), size(two), size(one)))
        yield f"minus {sort}", (("x", "y"), ("both", ("-", one, ("one", "y")), ("-", two, ("two", "y"))))
    yield "apply PQ", (("x", "y"), ("both", ("*", one, ("one", "y")), ("*", two, ("two", "y"))))
    for name in ("pair", "block"):
        yield name, (("x", "y"), ("both", "x", "y"))
    yield "left", unary(one)
    yield "right", unary(two)


X_SQUARED, X_PLUS_1 = ("*", "x", "x"), ("+", "x", 1)

LINE = {
    **dict(_line()),
    "f": unary(X_SQUARED),
    "phi": unary(X_PLUS_1),
    "c": ((), 1),
    "d_phi": unary("x"),
    "g": unary(X_SQUARED),
    "gamma": unary(X_PLUS_1),
    "d_gamma": unary("x"),
}
"""f = g = x² at c = 1 = f(c), with the slopes x + 1 and δ(ε) = ε."""


def line(**meanings: Meaning) -> Model:
    """The line with these meanings besides, or in place of, those of `LINE`."""
    return Model({**LINE, **meanings}, {})


CONTINUOUS = unary(least(1, ("/", "x", 3)))
"""A modulus of x² at 1."""

MODELS: dict[str, Model] = {
    "A": line(),
    "B": line(d_f=CONTINUOUS, gamma=unary(("/", "x", 3)), d_gamma=unary(("*", 3, "x"))),
    "C": line(after=unary(X_PLUS_1), d_after=unary("x")),
    "D": line(phi=unary(("+", "x", 2)), c=((), 2), gamma=unary(("+", "x", 4))),
    "E": line(psi=unary(X_PLUS_1), d_psi=unary("x")),
    "F": line(),
    "G": Model({"h": unary(X_SQUARED), "a": ((), 1), "l": ((), 2), "d": unary("x")}, {}),
    "K": line(f=unary(("*", 3, "x")), l=((), 3)),
    "T": Model({**LINE, **dict(_pairs()), "p": ((), ("both", 1, 1))}, {"P": BOTH, "Q": BOTH, "PQ": BOTH}),
    "the chain rule": line(
        whole=unary(("*", X_SQUARED, X_SQUARED)),
        psi=unary(("*", X_PLUS_1, ("+", X_SQUARED, 1))),
        d_psi=unary(least(1, ("/", "x", 11))),
    ),
    "H": line(**{"i": ((), 2), "j": ((), 3), "i*": unary(("*", 2, "x")), "j*": unary(("*", 3, "x"))}),
}
"""A model of what each lemma assumes, in which no function that it speaks of is constant."""

# ------------------------------------------------------------------------------------------------ wrong variants


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong variant of a lemma, and a point of the model at which the named conclusion fails."""

    says: str
    lemma: Lemma
    conclusion: str
    model: Model
    point: tuple[Expression, ...]


def concluding(lemma: Lemma, name: str, statement: Statement) -> Lemma:
    """The lemma with another statement under the name, from the same instances."""
    changed = Conclusion(statement, lemma.conclusions[name].instances)
    return replace(lemma, conclusions={**lemma.conclusions, name: changed})


def defining(lemma: Lemma, name: str, body: Expression) -> Lemma:
    """The lemma with another definition of the symbol."""
    old = lemma.definitions[name]
    return replace(lemma, definitions={**lemma.definitions, name: Statement(old.variables, ("=", old.body[1], body))})


def without(lemma: Lemma, *dropped: str) -> Lemma:
    """The lemma without some hypotheses, and without the instances of them."""
    kept = {name: each for name, each in lemma.hypotheses.items() if name not in dropped}
    conclusions = {
        name: Conclusion(each.statement, tuple(part for part in each.instances if part[0] not in dropped))
        for name, each in lemma.conclusions.items()
    }
    return replace(lemma, hypotheses=kept, conclusions=conclusions)


def tenths(count: Expression) -> Expression:
    """count / 10."""
    return ("/", count, 10)


def halved() -> Statement:
    """What F concludes, with ε/2 for ε on the right."""
    right = differentiability.F.conclusions["Fréchet"].statement
    implies, given, (less, remainder, (times, e, distance)) = right.body
    return replace(right, body=(implies, given, (less, remainder, (times, ("/", e, 2), distance))))


JUMPING = line(psi=unary(("ite", ("=", "x", 1), 7, X_PLUS_1)), d_psi=unary("x"))
"""Ψ is the slope x + 1 of x², except at 1 itself."""

STEEP = replace(
    MODELS["T"],
    meanings={
        **MODELS["T"].meanings,
        "g": unary(("*", 10, X_SQUARED)),
        "gamma": unary(("*", 10, X_PLUS_1)),
        "d_gamma": unary(tenths("x")),
    },
)
"""g is ten times as steep as f."""


def _wrong() -> Iterator[Wrong]:
    a, b, c, d = chain_rule.A, chain_rule.B, chain_rule.C, chain_rule.D
    e, f, g = differentiability.E, differentiability.F, differentiability.G
    k, t, h = structure.K, structure.T, structure.H
    wrong = defining(a, "d_f", ("d_phi", "e"))
    yield Wrong("f has the modulus of its slope", wrong, "near", MODELS["A"], (1, tenths(19)))
    wrong = defining(b, "d_after", ("d_gamma", ("d_f", "e")))
    yield Wrong("the moduli are composed in the other order", wrong, "near", MODELS["B"], (3, tenths(39)))
    wrong = defining(c, "d_product", least(("d_phi", "e"), ("d_after", "e")))
    yield Wrong("a product has the smaller modulus of its factors", wrong, "near", MODELS["C"], (1, tenths(19)))
    wrong = defining(d, "after", ("gamma", ("f", "c")))
    yield Wrong("the slope of g is taken at f(c) for all y", wrong, "slope", MODELS["D"], (3,))
    wrong = defining(d, "product", ("then", ("phi", "c"), ("after", "y")))
    yield Wrong("the slope of f is taken at c for all y", wrong, "slope", MODELS["D"], (3,))
    wrong = without(e, "positive psi", "near psi")
    yield Wrong("a slope need not be continuous to be unique", wrong, "unique", JUMPING, (1,))
    wrong = concluding(f, "Fréchet", halved())
    yield Wrong("the remainder is half as large", wrong, "Fréchet", MODELS["F"], (1, tenths(19)))
    wrong = defining(g, "d_slope", ("*", 2, ("d", "e")))
    yield Wrong("the slope has twice the modulus", wrong, "near", MODELS["G"], (1, tenths(29)))
    wrong, curved = without(k, "linear"), line(l=((), 3))
    yield Wrong("a map that is not linear has a constant slope", wrong, "slope", curved, (3,))
    wrong, point = defining(t, "d_pair", ("d_phi", "e")), ("both", tenths(15), tenths(15))
    yield Wrong("f ⊗ g has the modulus of f", wrong, "near", STEEP, (1, point))
    wrong, other = without(h, "M"), replace(MODELS["H"], meanings={**MODELS["H"].meanings, "j*": unary(("*", 5, "x"))})
    yield Wrong("any map backwards is a transpose", wrong, "transpose", other, (1, 1))


WRONG = tuple(_wrong())
"""At least one wrong variant of each lemma."""
