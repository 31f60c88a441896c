"""Statements over opaque sorts and the reals: what has a sort, what a definition may say, and the text solvers read."""

from __future__ import annotations

from typing import Any

import pytest

from verified_cat.errors import UsageError
from verified_cat.proofs.firstorder import (
    BOTH,
    REAL,
    TRUTH,
    Conclusion,
    Lemma,
    Signature,
    Statement,
    at,
    define,
    names,
    put,
    question,
    shown,
    smtlib,
    sort_of,
    well_sorted,
    written,
)

SYMBOLS = {
    "norm": Signature(("X",), REAL),
    "f": Signature(("X",), "X"),
    "c": Signature((), "X"),
    "r": Signature((), REAL),
    "p": Signature((), BOTH),
    "both": Signature((REAL, REAL), BOTH),
    "near": Signature(("X", "X"), TRUTH),
}
SMALL = Statement((("x", "X"),), ("<", ("norm", ("f", "x")), ("norm", "x")))


def lines(*given: str) -> str:
    return "\n".join(["(set-logic ALL)", *given, "(check-sat)", ""])


# ------------------------------------------------------------------------------------------------ expressions


def test_names_and_what_is_put_in_their_place() -> None:
    body = SMALL.body
    assert list(names(body)) == ["<", "norm", "f", "x", "norm", "x"] and list(names(3)) == []
    assert put(body, {"x": ("f", "c"), "norm": "size"}) == ("<", ("size", ("f", ("f", "c"))), ("size", ("f", "c")))
    assert put(("+", 1, "r"), {"r": 2}) == ("+", 1, 2)
    with pytest.raises(UsageError, match=r"^the function f can only be renamed, not replaced by \(\|g\.\| \|c\.\|\)$"):
        put(("f", "c"), {"f": ("g", "c")})


def test_a_statement_at_terms() -> None:
    assert at(SMALL, ["c"]) == ("<", ("norm", ("f", "c")), ("norm", "c"))
    swapped = Statement((("x", "X"), ("y", "X")), ("near", "x", "y"))
    assert at(swapped, ["y", "x"]) == ("near", "y", "x"), "all at once, not one after the other"
    for given in ([], ["c", "c"]):
        with pytest.raises(UsageError, match=rf"^{len(given)} terms for the 1 variables of ∀ x ∈ X\."):
            at(SMALL, given)


@pytest.mark.parametrize(
    ("expression", "sort"),
    [
        (3, REAL),
        ("r", REAL),
        ("c", "X"),
        (("f", "c"), "X"),
        (("norm", ("f", "c")), REAL),
        (("both", 1, "r"), BOTH),
        (("near", "c", ("f", "c")), TRUTH),
        (("=", "c", ("f", "c")), TRUTH),
        (("=", "p", ("both", 1, 2)), TRUTH),
        (("<", "r", 0), TRUTH),
        (("<=", "r", 0, 1), TRUTH),
        (("+", "r", 1, 2), REAL),
        (("-", "r"), REAL),
        (("*", "r", "r"), REAL),
        (("/", 1, 3), REAL),
        (("and", ("<", "r", 0), ("=", "r", 1)), TRUTH),
        (("=>", ("<", "r", 0), ("or", ("not", ("<", 0, "r")))), TRUTH),
        (("ite", ("<", "r", 0), ("-", "r"), "r"), REAL),
    ],
)
def test_sorts(expression: Any, sort: str) -> None:
    assert sort_of(expression, SYMBOLS) == sort


@pytest.mark.parametrize(
    "expression",
    [
        "unknown",
        "f",
        ("f", "r"),
        ("f", "c", "c"),
        ("c", "c"),
        ("=", "r", "c"),
        ("=", "c", "r"),
        ("=", "r"),
        ("=", "r", "r", "r"),
        ("<", "c", "c"),
        ("<",),
        ("+", "r", "c"),
        ("+",),
        ("and", "r"),
        ("not", 1),
        ("ite", "r", 1, 2),
        ("ite", ("<", 0, 1), 1),
        ("ite", ("<", 0, 1), "c", "c"),
    ],
)
def test_what_has_no_sort(expression: Any) -> None:
    with pytest.raises(UsageError, match=r"has no sort$"):
        sort_of(expression, SYMBOLS)


def test_statements_are_truth_values_whose_variables_hide_nothing() -> None:
    well_sorted(SMALL, SYMBOLS)
    for wrong in (
        Statement((("x", "X"),), ("norm", "x")),
        Statement((("x", "A"),), "x"),
        Statement((("c", "X"),), ("near", "c", "c")),
        Statement((("+", REAL),), ("<", 0, 1)),
    ):
        with pytest.raises(UsageError, match="is no statement, or its variables"):
            well_sorted(wrong, SYMBOLS)


# ------------------------------------------------------------------------------------------------ definitions


def test_definitions_of_new_symbols_in_known_ones() -> None:
    define("d", Statement((("x", "X"),), ("=", ("d", "x"), ("norm", ("f", "x")))), ["norm", "f"])
    define("k", Statement((), ("=", "k", ("+", 1, 2))), [])


@pytest.mark.parametrize(
    ("symbol", "statement", "why"),
    [
        ("f", Statement((("x", "X"),), ("=", ("f", "x"), ("norm", "x"))), "a new symbol f"),
        ("x", Statement((("x", "X"),), ("=", ("x", "x"), ("norm", "x"))), "a new symbol x"),
        ("+", Statement((("x", "X"),), ("=", ("+", "x"), ("norm", "x"))), "a new symbol"),
        ("d", Statement((("x", "X"), ("x", "X")), ("=", ("d", "x", "x"), ("norm", "x"))), "at different variables"),
        ("d", Statement((("x", "X"),), ("=", ("d", "x"), ("d", "x"))), "in known symbols"),
        ("d", Statement((("x", "X"),), ("=", ("d", "x"), ("g", "x"))), "in known symbols"),
        ("d", Statement((("x", "X"),), ("=", ("norm", "x"), ("d", "x"))), "in known symbols"),
        ("d", Statement((("x", "X"),), ("<", ("d", "x"), ("norm", "x"))), "in known symbols"),
        ("d", Statement((("x", "X"),), ("=", "d", ("norm", "x"))), "in known symbols"),
        ("d", Statement((), "d"), "in known symbols"),
    ],
)
def test_what_is_no_definition(symbol: str, statement: Statement, why: str) -> None:
    with pytest.raises(UsageError, match=why.replace("+", r"\+")):
        define(symbol, statement, ["norm", "f"])


# ------------------------------------------------------------------------------------------------ lemmas

TWICE = Statement((("x", "X"),), ("<", ("norm", ("f", ("f", "x"))), ("norm", "x")))
THRICE = Statement((("x", "X"),), ("<", ("norm", ("f", ("f", ("f", "x")))), ("norm", "x")))


def lemma(**changed: Any) -> Lemma:
    given: dict[str, Any] = {
        "name": "twice",
        "says": "what shrinks shrinks twice",
        "symbols": {name: SYMBOLS[name] for name in ("norm", "f")},
        "hypotheses": {"small": SMALL},
        "conclusions": {
            "twice": Conclusion(TWICE, (("small", ("x",)), ("small", (("f", "x"),)))),
            "thrice": Conclusion(THRICE, (("twice", ("x",)), ("small", (("f", ("f", "x")),)))),
        },
    }
    return Lemma(**given | changed)


def test_a_question_has_the_named_instances_at_constants_and_the_goal_denied() -> None:
    head = (
        "(declare-sort |X| 0)",
        "(declare-fun |norm.| (|X|) Real)",
        "(declare-fun |f.| (|X|) |X|)",
        "(declare-fun |x.| () |X|)",
    )
    x, fx = "|x.|", "(|f.| |x.|)"
    assert question(lemma(), "twice") == lines(
        *head,
        f"(assert (< (|norm.| {fx}) (|norm.| {x})))",
        f"(assert (< (|norm.| (|f.| {fx})) (|norm.| {fx})))",
        f"(assert (not (< (|norm.| (|f.| {fx})) (|norm.| {x}))))",
    )
    assert f"(assert (< (|norm.| (|f.| {fx})) (|norm.| {x})))" in question(lemma(), "thrice")


def test_a_conclusion_uses_no_later_one_and_nothing_unsorted() -> None:
    """Else each could be shown by the other."""
    circular = {
        "twice": Conclusion(TWICE, (("thrice", ("x",)),)),
        "thrice": Conclusion(THRICE, (("twice", ("x",)),)),
    }
    with pytest.raises(KeyError, match="thrice"):
        question(lemma(conclusions=circular), "twice")
    with pytest.raises(KeyError, match="twice"):
        question(lemma(conclusions={"twice": Conclusion(TWICE, (("twice", ("x",)),))}), "twice")
    with pytest.raises(UsageError, match="has no sort"):
        question(lemma(conclusions={"twice": Conclusion(TWICE, (("small", (3,)),))}), "twice")


def test_a_lemma_is_well_sorted_and_its_definitions_are_in_order() -> None:
    one = Statement((("x", "X"),), ("=", ("d", "x"), ("norm", "x")))
    two = Statement((("x", "X"),), ("=", ("e", "x"), ("d", ("f", "x"))))
    symbols = {**lemma().symbols, "d": Signature(("X",), REAL), "e": Signature(("X",), REAL)}
    whole = lemma(symbols=symbols, definitions={"d": one, "e": two})
    assert whole.assumed == {"small": SMALL, "d": one, "e": two}
    with pytest.raises(UsageError, match="in known symbols"):
        lemma(symbols=symbols, definitions={"e": two, "d": one})
    for part in ("hypotheses", "conclusions"):
        wrong: Any = Statement((("x", "X"),), ("norm", "x"))
        with pytest.raises(UsageError, match="is no statement"):
            lemma(**{part: {"wrong": wrong if part == "hypotheses" else Conclusion(wrong, ())}})


# ------------------------------------------------------------------------------------------------ text


def test_numbers_are_reals_and_names_no_words_of_a_theory() -> None:
    assert [written(each) for each in (3, 0, -1, "x", "and", ("+", 1, "r"))] == [
        "3.0", "0.0", "(- 1.0)", "|x.|", "and", "(+ 1.0 |r.|)"
    ]  # fmt: skip
    assert shown(SMALL) == "∀ x ∈ X. (< (norm (f x)) (norm x))"


def test_only_what_is_met_is_declared_and_pairs_of_numbers_have_selectors() -> None:
    assert smtlib(SYMBOLS, [], ("<", 0, 1)) == lines("(assert (not (< 0.0 1.0)))")
    pairs = "(declare-datatypes ((|Both| 0)) (((|both.| (|one.| Real) (|two.| Real)))))"
    assert smtlib({"p": SYMBOLS["p"]}, [("=", "p", "p")], ("<", 0, ("one", "p"))) == lines(
        pairs, "(declare-fun |p.| () |Both|)", "(assert (= |p.| |p.|))", "(assert (not (< 0.0 (|one.| |p.|))))"
    )
    assert smtlib({}, [], ("=", ("two", ("both", 1, 2)), 2)).splitlines()[1] == pairs
    assert smtlib({"near": SYMBOLS["near"], "c": SYMBOLS["c"]}, [], ("near", "c", "c")) == lines(
        "(declare-sort |X| 0)",
        "(declare-fun |near.| (|X| |X|) Bool)",
        "(declare-fun |c.| () |X|)",
        "(assert (not (|near.| |c.| |c.|)))",
    )
