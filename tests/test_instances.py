"""Instances of the cross-check: the same for the same number for ever, and of every form."""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction
from hashlib import sha256
from typing import Any

import pytest

from verified_cat import instances
from verified_cat.draw import is_trivial
from verified_cat.errors import UsageError, VerifiedCatError
from verified_cat.instances import Instance, growth, instance, of_json
from verified_cat.objects import SCALAR, UNIT, Pair, leaves, size
from verified_cat.primitives import multiply, tanh
from verified_cat.terms import Copy, operations

PLAIN = Instance(Copy(SCALAR) >> multiply(()), (Fraction(3, 8),), (Fraction(1),), (Fraction(-2),), 5, 7)


def digest(seed: int, indices: range) -> str:
    whole = sha256()
    for index in indices:
        whole.update(json.dumps(instance(seed, index).as_json(), sort_keys=True).encode())
    return whole.hexdigest()[:16]


@pytest.mark.parametrize(
    ("seed", "indices", "recorded"),
    [
        (0, range(120), "e089aba235a1802b"),
        (1, range(60), "5e2122955adc0343"),
        (0, range(2000, 2030), "5fe08001094f0b97"),
        (0, range(10**6, 10**6 + 100), "b8aa756fe082c68c"),
    ],
)
def test_an_instance_is_drawn_from_its_number_alone(seed: int, indices: range, recorded: str) -> None:
    """Whoever reports a seed and a number can have the very term again: what is recorded here may not change."""
    assert digest(seed, indices) == recorded


def test_terms_grow_with_each_doubling() -> None:
    found = {index: growth(index) for index in (0, 1, 1023, 1024, 2047, 2048, 100_000)}
    assert found == {0: 0, 1: 0, 1023: 0, 1024: 1, 2047: 1, 2048: 2, 100_000: 7}


def test_networks_are_cut_to_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Down to so many parameters, or to one layer, which is never taken away."""
    monkeypatch.setattr(instances, "FORMS", ("network",))

    def network(index: int) -> tuple[int, int]:
        """Layers and parameters."""
        dom = instance(0, index).term.dom
        assert isinstance(dom, Pair)
        sizes = [size(leaf) for leaf in leaves(dom.left) if leaf != UNIT]
        return len(sizes) // 2, sum(sizes)

    drawn = {index: network(index) for index in range(2**30, 2**30 + 40)}
    assert {min(layers, 2) for layers, _ in drawn.values()} == {1, 2}
    assert all(parameters <= 160 for layers, parameters in drawn.values() if layers > 1)
    assert any(parameters > 160 for layers, parameters in drawn.values() if layers == 1)
    deepest, (layers, parameters) = max(drawn.items(), key=lambda each: each[1])
    monkeypatch.setattr(instances, "INPUTS", parameters)
    assert network(deepest) == (layers, parameters)
    monkeypatch.setattr(instances, "INPUTS", parameters - 1)
    assert network(deepest)[0] == layers - 1


def test_there_is_always_something_to_compare() -> None:
    drawn = [instance(3, index) for index in range(60)]
    assert all((each.seed, each.index) == (3, index) for index, each in enumerate(drawn))
    assert not any(is_trivial(each.term.cod) for each in drawn)
    met = Counter(operation.name for each in drawn for operation in set(operations(each.term)))
    assert len(met) > 15 and met["contract"] > 5


def test_an_instance_is_read_back() -> None:
    assert of_json(json.loads(json.dumps(PLAIN.as_json()))) == PLAIN
    assert {*PLAIN.as_json()} == {"term", "point", "cotangent", "tangent", "seed", "index"}
    unnumbered = {key: value for key, value in PLAIN.as_json().items() if key not in ("seed", "index")}
    assert of_json(unnumbered) == Instance(PLAIN.term, PLAIN.point, PLAIN.cotangent, PLAIN.tangent)
    assert (of_json(unnumbered | {"seed": "x", "index": 4}).seed, of_json(unnumbered | {"index": 4}).index) == (0, 4)


@pytest.mark.parametrize("data", [[], None, {}, {"term": 1, "point": 2, "cotangent": 3}])
def test_what_is_no_instance_is_refused(data: Any) -> None:
    with pytest.raises(UsageError, match=r"^the file holds no instance of a cross-check: a term, a point, a cotangent"):
        of_json(data)


@pytest.mark.parametrize("key", ["point", "cotangent", "tangent"])
def test_values_are_of_the_boundary_of_the_term(key: str) -> None:
    two = (Fraction(1), Fraction(2))
    wide = Instance(tanh((2,)), two, two, two).as_json()
    with pytest.raises(VerifiedCatError):
        of_json(PLAIN.as_json() | {key: wide[key]})


def test_a_point_is_of_the_domain_and_a_cotangent_of_the_codomain() -> None:
    pair = Instance(Copy(SCALAR), (Fraction(1),), ((Fraction(1),), (Fraction(2),)), (Fraction(3),))
    assert of_json(pair.as_json()) == pair
