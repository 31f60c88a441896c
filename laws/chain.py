"""The chain rule over the reals in ε and δ: lemmas with explicit witnesses, chained by machine (proofs/README.md)."""

from verified_cat.audits import audit
from verified_cat.proofs.chaining import chained
from verified_cat.proofs.interpretations import WRONG
from verified_cat.proofs.reals import broken_chains, judged, refuted
from verified_cat.report import Strength


def _planted():
    """Wrong lemmas, each noticed by a counter-model, and chains with a gap."""
    for wrong in WRONG:
        yield wrong.says, lambda wrong=wrong: ["refuted by a model on the line"] if refuted(wrong) else []
    for says, theorem in broken_chains().items():
        yield says, lambda theorem=theorem: chained(theorem)


@audit(
    "CHAIN-REAL",
    source="Carathéodory 1954; Kuhn 1991; in several variables Acosta and Delgado 1994; the witnesses derived here",
    controls=dict(_planted()),
    strength=Strength.PROVED,
)
def the_chain_rule_in_epsilon_and_delta():
    """If f at c and g at f(c) have continuous slopes, f ; g has there the derivative f'(c) ; g'(f(c)), and no other.

    It is Fréchet's; linear maps and ⊗ too, in normed spaces: lemmas with explicit δ, by both solvers, then chained.
    """
    return judged()
