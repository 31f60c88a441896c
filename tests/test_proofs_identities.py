"""Polynomial identities of the running code, and wrong code that no coefficients make one of."""

from __future__ import annotations

from typing import Any

import pytest

from verified_cat import gad
from verified_cat.proofs.checker import Refused, Terms
from verified_cat.proofs.identities import IDENTITIES, chain_rule, proved


@pytest.mark.parametrize("name", IDENTITIES)
def test_the_code_of_today_satisfies_it_with_all_its_hypotheses(name: str) -> None:
    found = proved(IDENTITIES[name])
    assert "combination" in found.rules
    assert found.used == found.hypotheses
    assert len(found.used) == 2


def at_the_start(f: Any, g: Any, compose: Any) -> Any:
    """g' at a instead of f(a)."""
    return lambda a: (g(f(a)[0])[0], compose(f(a)[1], g(a)[1]))


def without_g(f: Any, g: Any, compose: Any) -> Any:
    """f' taken for the derivative of the composite."""
    return lambda a: (g(f(a)[0])[0], f(a)[1])


def twice(f: Any, g: Any, compose: Any) -> Any:
    """f'; f'; g'."""
    return lambda a: (g(f(a)[0])[0], compose(f(a)[1], compose(f(a)[1], g(f(a)[0])[1])))


def turned(f: Any, g: Any, compose: Any) -> Any:
    """g' between the points in the other order."""
    return lambda a: (g(f(a)[0])[0], compose(f(a)[1], g(f(a)[0][::-1])[1]))


@pytest.mark.parametrize("wrong", [at_the_start, without_g, twice, turned])
def test_a_wrong_chain_rule_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: Any) -> None:
    monkeypatch.setattr(gad, "chain", wrong)
    with pytest.raises(Refused, match="does not follow by combination"):
        proved(chain_rule)


def test_each_hypothesis_is_needed() -> None:
    identity = chain_rule(Terms())
    for left_out in range(2):

        def shorter(terms: Terms, number: int = left_out) -> Any:
            whole = chain_rule(terms)
            zero = terms.make("number", data=(0,))
            return type(whole)(
                whole.hypotheses,
                whole.goal,
                tuple(zero if i == number else c for i, c in enumerate(whole.coefficients)),
            )

        with pytest.raises(Refused):
            proved(shorter)
    assert len(identity.hypotheses) == 2
