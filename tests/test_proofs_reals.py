"""The chain rule over the reals: what is proved, what the chain refuses, what the language of statements refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from verified_cat.errors import GaveUp, MissingExtra, UsageError
from verified_cat.proofs import chain_rule, differentiability, reals
from verified_cat.proofs.agda import modules
from verified_cat.proofs.chaining import Use, chained
from verified_cat.proofs.firstorder import (
    REAL,
    Conclusion,
    Lemma,
    Signature,
    Statement,
    at,
    names,
    put,
    question,
    smtlib,
    sort_of,
    written,
)
from verified_cat.proofs.interpretations import LINE, MODELS, WRONG, line, without
from verified_cat.proofs.norms import FACTS, equation, maps, near, positive
from verified_cat.proofs.reals import COMPOSITE, LEMMAS, broken_chains, judged, objection, refuted
from verified_cat.proofs.solvers import Outcome
from verified_cat.terms import Generator, Term


def test_everything_is_proved_by_both_solvers() -> None:
    count, wrong = judged()
    assert wrong == []
    assert count > 100


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.says)
def test_wrong_variants_are_refuted_and_not_proved(wrong) -> None:  # type: ignore[no-untyped-def]
    assert refuted(wrong)
    assert objection(question(wrong.lemma, wrong.conclusion)) != ""


def test_every_lemma_has_a_wrong_variant_and_a_model() -> None:
    assert {wrong.lemma.name for wrong in WRONG} == {lemma.name for lemma in LEMMAS}
    assert set(MODELS) == {lemma.name for lemma in LEMMAS} | {COMPOSITE.name}


def test_what_is_right_is_not_called_wrong() -> None:
    """A variant that changes nothing is not refuted at the point at which the wrong one is."""
    for wrong in WRONG:
        right = next(lemma for lemma in LEMMAS if lemma.name == wrong.lemma.name)
        if set(right.hypotheses) == set(wrong.lemma.hypotheses):
            assert not refuted(replace(wrong, lemma=right)), wrong.says


def test_no_question_has_a_quantifier() -> None:
    for lemma in LEMMAS:
        for name in lemma.conclusions:
            text = question(lemma, name)
            assert "forall" not in text
            assert "exists" not in text
            assert text.count("(assert (not") == 1


def test_an_instance_left_out_is_missed() -> None:
    """Each solver needs what the proof of A names: without the slope it finds a model."""
    kept = without(chain_rule.A, "slope")
    assert "sat" in objection(question(kept, "near"))


def test_the_induction_has_a_case_for_each_constructor_here_and_in_agda() -> None:
    """The constructors of the terms that run, those of the induction in Agda, and the cases in ε and δ are the same."""
    assert set(reals.CASES) == set(Term.__subclasses__())
    declared = modules()["Terms"].partition("data Term")[2].partition("\ninfixr")[0].splitlines()[1:]
    assert [line.split()[0] for line in declared] == [name for name, _ in reals.CASES.values()]
    known = {lemma.name for lemma in LEMMAS}
    assert all(set(lemmas) <= known for _, lemmas in reals.CASES.values())
    assert [each for each, (_, lemmas) in reals.CASES.items() if not lemmas] == [Generator]


# ------------------------------------------------------------------------------------------------ chains


def test_the_chain_is_closed() -> None:
    assert chained(COMPOSITE) == []


@pytest.mark.parametrize("says", broken_chains())
def test_a_chain_with_a_gap_is_refused(says: str) -> None:
    assert chained(broken_chains()[says])


def test_what_is_given_are_facts_and_hypotheses_alone() -> None:
    """What is given beside facts on norms speaks of f, g and Ψ; of what the lemmas define, nothing is given."""
    defined = {"d_f", "after", "d_after", "product", "d_product"}
    assert not defined & {name for statement in COMPOSITE.given for name in names(statement.body)}
    facts = {*FACTS.values(), *differentiability.UNIQUE_FACTS.values()}
    known = {reals.FRECHET.renamed(fact) for fact in facts} | facts
    own = [statement for statement in COMPOSITE.given if statement not in known]
    assert len(own) == 10


def test_a_hypothesis_that_is_nearly_a_conclusion_is_missed() -> None:
    """Lemma B is given the modulus of f at c; at another point it is another hypothesis."""
    moved = Use(chain_rule.B, {"c": ("plus X", "c", "c")})
    steps = (COMPOSITE.steps[0], moved, *COMPOSITE.steps[2:])
    assert any("B needs near f" in each for each in chained(replace(COMPOSITE, steps=steps)))


def test_a_symbol_is_not_defined_twice() -> None:
    again = Use(replace(chain_rule.A, definitions={"d_f": equation((("e", REAL),), ("d_f", "e"), "e")}))
    found = chained(replace(COMPOSITE, steps=(COMPOSITE.steps[0], again)))
    assert any("defines d_f, of which something is known already" in each for each in found)


def test_a_renaming_may_not_change_sorts() -> None:
    wrong = Use(chain_rule.A, {"c": ("f", "c")})
    assert any("c is renamed to" in each for each in chained(replace(COMPOSITE, steps=(wrong,))))


def test_a_renaming_may_not_make_a_definition_circular() -> None:
    """after(y) = Γ(f(y)), read with Γ for after."""
    circular = Use(chain_rule.B, {"after": "gamma"})
    with pytest.raises(UsageError, match="does not define"):
        chained(replace(COMPOSITE, given=(), steps=(circular,)))


# ------------------------------------------------------------------------------------------------ the language


@pytest.mark.parametrize(
    ("body", "variables"),
    [
        (("=", ("h", "x"), ("+", ("h", "x"), 1)), ("x",)),
        (("=", ("h", "x"), ("k", "x")), ("x",)),
        (("=", ("h", 0), 1), ("x",)),
        (("<", ("h", "x"), 1), ("x",)),
        (("=", ("h", "x", "x"), 1), ("x", "x")),
        (("=", ("h", "x"), "free"), ("x",)),
    ],
    ids=["circular", "later", "at one value", "no equation", "one variable twice", "free variable"],
)
def test_what_is_no_definition_is_refused(body, variables) -> None:  # type: ignore[no-untyped-def]
    """f(x) = f(x) + 1 is accepted as a definition by a published front end to Z3, from which False follows."""
    symbols = maps(h=" ".join("R" for _ in range(len(variables) + 1)), k="R R", free="R")
    definitions = {"h": Statement(tuple((name, REAL) for name in variables), body)}
    definitions["k"] = equation((("x", REAL),), ("k", "x"), "x")
    definitions["free"] = equation((), "free", 1)
    with pytest.raises(UsageError, match="does not define"):
        Lemma("L", "", symbols, {}, {}, definitions)


@pytest.mark.parametrize(
    "statement",
    [
        Statement((("y", "X"),), ("<", "y", 1)),
        Statement((("c", "X"),), ("=", "c", "c")),
        Statement((), ("f", "c")),
        Statement((), ("=", ("f", "c"), "c")),
        Statement((), ("ite", ("<", 0, 1), 1, ("<", 0, 1))),
        Statement((), ("=", ("nothing", "c"), "c")),
    ],
)
def test_what_has_no_sort_is_refused(statement: Statement) -> None:
    with pytest.raises(UsageError):
        Lemma("L", "", maps(f="X Y", c="X"), {"h": statement}, {})


def test_terms_have_sorts() -> None:
    symbols = maps(f="X Y", c="X", d="R R")
    assert sort_of(("f", "c"), symbols) == "Y"
    assert sort_of(("+", ("d", 1), ("ite", ("<", 0, 1), 1, 2)), symbols) == REAL
    assert symbols["f"] == Signature(("X",), "Y")


def test_a_function_is_only_renamed() -> None:
    assert put(("f", "c"), {"f": "g", "c": ("h", "a")}) == ("g", ("h", "a"))
    with pytest.raises(UsageError, match="only be renamed"):
        put(("f", "c"), {"f": ("g", "a")})


def test_an_instance_has_as_many_terms_as_variables() -> None:
    with pytest.raises(UsageError, match="1 terms for the 2 variables"):
        at(near("f", "c", "d", "X", "Y"), ("y",))
    assert at(positive("d"), (1,)) == ("=>", ("<", 0, 1), ("<", 0, ("d", 1)))


def test_names_are_quoted() -> None:
    assert written(("f", ("-", 3), -2, "sqrt")) == "(|f.| (- 3.0) (- 2.0) |sqrt.|)"
    text = smtlib(maps(f="X Y", c="X", unused="Z"), [], ("=", ("f", "c"), ("f", "c")))
    assert "(declare-sort |X| 0)" in text
    assert "unused" not in text


# ------------------------------------------------------------------------------------------------ solvers


class _Said:
    def __init__(self, name: str, answer: str) -> None:
        self.name, self.answer = name, answer

    def check(self, text: str, *, quick: bool = False) -> Outcome:
        return Outcome(self.name, self.answer, "as told")  # type: ignore[arg-type]


@pytest.mark.parametrize("answer", ["unknown", "sat"])
def test_one_solver_is_no_proof(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    said = (_Said("z3", "unknown" if answer == "sat" else "unsat"), _Said("cvc5", answer))
    monkeypatch.setattr(reals, "default_solvers", lambda: said)
    assert f"cvc5: {answer}" in objection("anything")


@pytest.mark.parametrize(("first", "second"), [("unsat", "unknown"), ("unknown", "unsat"), ("unknown", "unknown")])
def test_a_solver_without_an_answer_leaves_it_undecided(
    monkeypatch: pytest.MonkeyPatch, first: str, second: str
) -> None:
    monkeypatch.setattr(reals, "default_solvers", lambda: (_Said("z3", first), _Said("cvc5", second)))
    with pytest.raises(GaveUp, match=f"{'z3' if first == 'unknown' else 'cvc5'}: unknown"):
        judged()
    with pytest.raises(GaveUp, match="unknown"):
        refuted(WRONG[0])


def test_an_answer_against_it_counts_more_than_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reals, "default_solvers", lambda: (_Said("z3", "sat"), _Said("cvc5", "unknown")))
    assert len(judged()[1]) == judged()[0] and not refuted(WRONG[0])


def test_a_missing_solver_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reals, "default_solvers", lambda: (_Said("z3", "unsat"), _Said("cvc5", "not run")))
    with pytest.raises(MissingExtra, match="one solver alone"):
        objection("anything")


def test_a_model_interprets_every_symbol() -> None:
    model = line().with_definitions(chain_rule.A)
    assert model.meant(("phi", 3)) == ("+", 3, 1)
    assert model.meant(("d_f", "e")) == ("ite", ("<", 1, model.meant(("/", "e", chain_rule.BOUND))), 1, (
        "/", "e", model.meant(chain_rule.BOUND)
    ))  # fmt: skip
    assert "f" in LINE
    assert Conclusion(positive("d"), ()).statement == positive("d")
