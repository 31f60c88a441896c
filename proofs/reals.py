"""The chain rule over the reals, discharged: every lemma by both solvers, its model, its wrong variants, the chains."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from verified_cat import terms
from verified_cat.errors import GaveUp, MissingExtra
from verified_cat.proofs import chain_rule, differentiability, structure
from verified_cat.proofs.chain_rule import GIVEN
from verified_cat.proofs.chaining import Theorem, Use, chained
from verified_cat.proofs.differentiability import UNIQUE_FACTS
from verified_cat.proofs.firstorder import Lemma, question
from verified_cat.proofs.interpretations import MODELS, Wrong
from verified_cat.proofs.norms import BASE, FACTS, equation, maps, near, positive, slope
from verified_cat.proofs.solvers import Outcome, agree, default_solvers

LEMMAS: tuple[Lemma, ...] = (
    chain_rule.A,
    chain_rule.B,
    chain_rule.C,
    chain_rule.D,
    differentiability.E,
    differentiability.F,
    differentiability.G,
    structure.K,
    structure.T,
    structure.H,
)
"""In the order in which they are explained; `COMPOSITE` says how they chain."""

CASES: dict[type[terms.Term], tuple[str, str]] = {
    terms.Generator: ("operation", ""),
    terms.Identity: ("identity", "K"),
    terms.Compose: ("_≫_", "ABCD"),
    terms.Tensor: ("_⊗₁_", "T"),
    terms.Associator: ("assoc", "K"),
    terms.AssociatorInverse: ("assoc⁻", "K"),
    terms.LeftUnitor: ("left", "K"),
    terms.LeftUnitorInverse: ("left⁻", "K"),
    terms.RightUnitor: ("right", "K"),
    terms.RightUnitorInverse: ("right⁻", "K"),
    terms.Swap: ("swap", "K"),
    terms.Copy: ("copy", "K"),
    terms.Discard: ("discard", "K"),
    terms.First: ("first", "K"),
    terms.Second: ("second", "K"),
    terms.Pairing: ("pairing", "KTABCD"),
}
"""The induction over terms: each constructor, its name in ``agda/Terms.agda``, and the lemmas that are its case here.

Operations are the base cases. What is linear needs K alone; ⟨f, g⟩ is Δ ; (f ⊗ g), law CART-UNIV.
"""

# ------------------------------------------------------------------------------------------------ the chain

TO_Z = {"Y": "Z", "XY": "XZ"}
TO_WHOLE = {
    **{f"{name} {old}": f"{name} {new}" for name in ("norm", "minus", "apply", "times") for old, new in TO_Z.items()},
    **{"f": "whole", "phi": "product", "d_phi": "d_product"},
}
"""How E and F, which speak of f : X → Y, are read of the composite X → Z."""

UNIQUE = Use(differentiability.E, TO_WHOLE, TO_Z)
FRECHET = Use(differentiability.F, TO_WHOLE, TO_Z)

HYPOTHESES = {
    "the slope of f": slope("f", "phi", "c", "X", "Y"),
    "the sign of δ for f": positive("d_phi"),
    "the continuity of the slope of f": near("phi", "c", "d_phi", "X", "XY"),
    "the slope of g": slope("g", "gamma", ("f", "c"), "Y", "Z"),
    "the sign of δ for g": positive("d_gamma"),
    "the continuity of the slope of g": near("gamma", ("f", "c"), "d_gamma", "Y", "YZ"),
    "the other slope": slope("whole", "psi", "c", "X", "Z"),
    "the sign of δ for the other slope": positive("d_psi"),
    "the continuity of the other slope": near("psi", "c", "d_psi", "X", "XZ"),
}
"""f has a slope at c, and g one at f(c), that are continuous there; Ψ is any such slope of the composite."""

COMPOSITE = Theorem(
    "the chain rule",
    "f ; g is differentiable at c, in the sense of Fréchet, with the derivative Φ(c) ; Γ(f(c)), and with no other.",
    {
        **BASE,
        **GIVEN,
        **maps(d_f="R R", after="X YZ", d_after="R R", product="X XZ", d_product="R R", whole="X Z"),
        **maps(psi="X XZ", d_psi="R R"),
    },
    (
        *FACTS.values(),
        *map(FRECHET.renamed, FACTS.values()),
        *map(FRECHET.renamed, UNIQUE_FACTS.values()),
        equation((("y", "X"),), ("whole", "y"), ("g", ("f", "y"))),
        *HYPOTHESES.values(),
    ),
    (*map(Use, (chain_rule.A, chain_rule.B, chain_rule.C, chain_rule.D)), FRECHET, UNIQUE),
    (
        slope("whole", "product", "c", "X", "Z"),
        positive("d_product"),
        near("product", "c", "d_product", "X", "XZ"),
        equation((), ("product", "c"), ("then", ("phi", "c"), ("gamma", ("f", "c")))),
        FRECHET.renamed(differentiability.F.conclusions["Fréchet"].statement),
        UNIQUE.renamed(differentiability.E.conclusions["unique"].statement),
    ),
)

# ------------------------------------------------------------------------------------------------ discharge


def answers(text: str) -> tuple[Outcome, ...]:
    """What both solvers say of the text. Raises MissingExtra, SolverDisagreement."""
    outcomes = tuple(solver.check(text) for solver in default_solvers())
    agree(outcomes)
    absent = [outcome.reason for outcome in outcomes if outcome.answer == "not run"]
    if absent:
        raise MissingExtra(f"one solver alone is no proof: {'; '.join(absent)}")
    return outcomes


def objection(text: str) -> str:
    """Why the text is not refuted by both solvers, "" where it is. Raises as ``answers`` does."""
    return _words(answers(text))


def _words(outcomes: Iterable[Outcome]) -> str:
    return "; ".join(f"{each.solver}: {each.answer} {each.reason}" for each in outcomes if each.answer != "unsat")


def obligations() -> Iterator[tuple[str, str]]:
    """A name and a text for everything that the solvers must refute."""
    for lemma in LEMMAS:
        for name in lemma.conclusions:
            yield f"{lemma.name}, {name}", question(lemma, name)
        model = MODELS[lemma.name].with_definitions(lemma)
        for name, statement in lemma.hypotheses.items():
            yield f"{lemma.name}, {name} in its model", model.holds(statement)
    for number, statement in enumerate(COMPOSITE.given):
        yield f"{COMPOSITE.name}, given {number} in its model", MODELS[COMPOSITE.name].holds(statement)


def judged() -> tuple[int, list[str]]:
    """How many obligations there are, and what stands against the theorem: nothing, where it is proved.

    Raises GaveUp where nothing does, and a solver has no answer to one of them.
    """
    texts = dict(obligations())
    said = {text: answers(text) for text in dict.fromkeys(texts.values())}
    against = {text: any(each.answer == "sat" for each in said[text]) for text in said}
    wrong = [f"{name}: {_words(said[text])}" for name, text in texts.items() if against[text]] + chained(COMPOSITE)
    left = [f"{name}: {_words(said[text])}" for name, text in texts.items() if _words(said[text])]
    if left and not wrong:
        raise GaveUp("; ".join(left))
    return len(texts), wrong


def broken_chains() -> dict[str, Theorem]:
    """The theorem with one lemma, or one hypothesis, left out, by what was: none of them is a proof."""
    steps = COMPOSITE.steps
    shorter = {
        f"the chain without lemma {use.lemma.name}": replace(COMPOSITE, steps=(*steps[:number], *steps[number + 1 :]))
        for number, use in enumerate(steps)
    }
    fewer = {
        f"the chain without {name}": replace(COMPOSITE, given=tuple(kept for kept in COMPOSITE.given if kept != each))
        for name, each in HYPOTHESES.items()
    }
    return shorter | fewer


def refuted(wrong: Wrong) -> bool:
    """Whether all that a wrong variant assumes holds in its model, and its conclusion fails at the point.

    Raises GaveUp where a solver has no answer and the other has nothing against it.
    """
    model = wrong.model.with_definitions(wrong.lemma)
    holds = (model.holds(statement) for statement in wrong.lemma.hypotheses.values())
    fails = model.fails(wrong.lemma.conclusions[wrong.conclusion].statement, wrong.point)
    said = [each for text in (*holds, fails) for each in answers(text)]
    if any(each.answer == "sat" for each in said):
        return False
    if _words(said):
        raise GaveUp(f"{wrong.says}: {_words(said)}")
    return True
