"""Obligations as text: exactly what the solvers read."""

from __future__ import annotations

from verified_cat.objects import SCALAR, UNIT, Pair, Sort
from verified_cat.proofs.smtlib import Formula, in_order, smtlib
from verified_cat.proofs.symbols import Node, node

A, B = Sort("A"), Sort("B")
X, Y, Z = (node("variable", name, A) for name in "xyz")


def f(part: Node) -> Node:
    return node("apply", "f", A, part)


def pair(left: Node, right: Node) -> Node:
    return node("pair", "", Pair(left.ob, right.ob), left, right)


def lines(*given: str) -> str:
    return "\n".join(["(set-logic ALL)", *given, "(check-sat)", ""])


def test_a_hypothesis_is_quantified_and_a_goal_is_denied_at_constants() -> None:
    idempotent = Formula((X,), f(f(X)), f(X))
    assert smtlib([idempotent], [Formula((X,), f(X), X)]) == lines(
        "(declare-sort Sort0_A 0)",
        "(declare-fun fun0_f (Sort0_A) Sort0_A)",
        "(assert (forall ((v0 Sort0_A)) (let ((t0 (fun0_f v0))) (= (fun0_f t0) t0))))",
        "(declare-fun any1_x () Sort0_A)",
        "(assert (not (= (fun0_f any1_x) any1_x)))",
    )


def test_several_goals_are_denied_together_and_none_is_left_out() -> None:
    goals = [Formula((), X, Y), Formula((), Y, Z), Formula((), f(Z), X)]
    assert smtlib([], goals) == lines(
        "(declare-sort Sort0_A 0)",
        "(declare-fun any0_x () Sort0_A)",
        "(declare-fun any1_y () Sort0_A)",
        "(declare-fun any2_z () Sort0_A)",
        "(declare-fun fun3_f (Sort0_A) Sort0_A)",
        "(assert (not (and (= any0_x any1_y) (= any1_y any2_z) (= (fun3_f any2_z) any0_x))))",
    )


def test_without_goals_it_is_asked_whether_the_hypotheses_contradict() -> None:
    assert smtlib([Formula((), X, X)]) == lines(
        "(declare-sort Sort0_A 0)", "(declare-fun any0_x () Sort0_A)", "(assert (= any0_x any0_x))"
    )
    assert smtlib([Formula((X, Y), X, Y)]) == lines(
        "(declare-sort Sort0_A 0)", "(assert (forall ((v0 Sort0_A) (v1 Sort0_A)) (= v0 v1)))"
    )


def test_pairs_are_datatypes_with_two_selectors_and_1_has_one_value() -> None:
    whole = node("variable", "p", Pair(A, UNIT))
    left, right = node("left", "", A, whole), node("right", "", UNIT, whole)
    assert smtlib([], [Formula((), pair(left, right), whole), Formula((), right, node("unit", "", UNIT))]) == lines(
        "(declare-sort Sort0_A 0)",
        "(declare-datatypes ((Unit0 0)) (((point0))))",
        "(declare-datatypes ((Pair2 0)) (((pair2 (left2 Sort0_A) (right2 Unit0)))))",
        "(declare-fun any0_p () Pair2)",
        "(assert (not (and (= (pair2 (left2 any0_p) (right2 any0_p)) any0_p) (= (right2 any0_p) point0))))",
    )


def test_names_are_words_and_a_name_with_two_boundaries_is_two_symbols() -> None:
    """A symbol may be called as a word of SMT-LIB is, and have signs in it."""
    x, y = node("variable", "x'", A), node("variable", "assert", B)
    one, other = node("apply", "+ and", B, x), node("apply", "+ and", B, y)
    assert smtlib([], [Formula((), one, other)]) == lines(
        "(declare-sort Sort0_A 0)",
        "(declare-fun any0_x_ () Sort0_A)",
        "(declare-sort Sort1_B 0)",
        "(declare-fun fun1__and (Sort0_A) Sort1_B)",
        "(declare-fun any2_assert () Sort1_B)",
        "(declare-fun fun3__and (Sort1_B) Sort1_B)",
        "(assert (not (= (fun1__and any0_x_) (fun3__and any2_assert))))",
    )


def test_a_space_is_a_sort_of_which_nothing_is_known() -> None:
    number = node("variable", "r", SCALAR)
    text = smtlib([], [Formula((), number, number)])
    assert "(declare-sort Sort0_R 0)" in text and "Real" not in text


def test_the_text_of_shared_parts_is_linear() -> None:
    """Written out it would have 2⁴⁰ leaves."""
    term = X
    for _ in range(40):
        term = node("apply", "g", A, pair(term, term))
    assert len(in_order((term,))) == 81
    text = smtlib([], [Formula((), f(term), Y)])
    assert text.count("let") == 39 and len(text) < 4_000


def test_parts_come_before_wholes_and_each_once() -> None:
    one, other = pair(f(X), Y), pair(Y, f(X))
    assert in_order((one, other)) == [X, f(X), Y, one, other]
    assert in_order(()) == []
