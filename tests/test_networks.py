"""Networks as 1-cells: layers by their formulas, names and ends, objectives, and what does not fit, in words."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from verified_cat import primitives as p
from verified_cat.errors import BoundaryError, UsageError
from verified_cat.functions import Functions
from verified_cat.networks import (
    PARA,
    Network,
    Objective,
    batched,
    dense,
    entrywise,
    mean_square,
    perceptron,
    supervised,
)
from verified_cat.objects import SCALAR, UNIT, Pair, space
from verified_cat.terms import Discard, Identity

sys.path.insert(0, str(Path(__file__).parent))
from exact_arrays import array, flat, image, same

W, B, X = array(3, 2), array(2, seed=1), array(4, 3, seed=2)


def test_a_dense_layer(plain: Functions) -> None:
    """x W + b for each row; nothing is copied or discarded, so the reverse derivative is cheap."""
    made = dense(4, 3, 2)
    assert (made.map.param, made.map.dom, made.map.cod) == (Pair(space(3, 2), space(2)), space(4, 3), space(4, 2))
    assert (made.names, made.ends) == (("dense.weight", "dense.bias"), ("dense", "dense"))
    assert same(image(made.map.inside, plain, W, B, X), X.dot(W) + B)
    named = dense(1, 1, 1, "mine")
    assert (named.names, named.ends) == (("mine.weight", "mine.bias"), ("mine", "mine"))


def test_an_activation_has_nothing_to_learn(plain: Functions) -> None:
    made = entrywise(p.relu, 4, 3)
    assert (made.map.param, made.map.dom, made.map.cod) == (UNIT, space(4, 3), space(4, 3))
    assert (made.names, made.ends) == ((), ("relu", "relu"))
    assert flat(image(made.map.inside, plain, X)) == tuple(max(x, 0) for x in flat(X))

    class Nameless:
        def __call__(self, shape: Any) -> Any:
            return p.negate(shape)

    assert entrywise(Nameless(), 2).ends == ("an activation", "an activation")


def test_networks_in_a_row(plain: Functions) -> None:
    """relu(x W + b) V + c, with the parameters ((W, b), 1), (V, c) from left to right."""
    v, c = array(2, 1, seed=3), array(1, seed=4)
    made = perceptron(4, (3, 2, 1), p.relu)
    assert made.names == ("layer1.weight", "layer1.bias", "layer2.weight", "layer2.bias")
    assert made.ends == ("layer1", "layer2")
    assert (made.map.dom, made.map.cod) == (space(4, 3), space(4, 1))
    first, second = (Pair(space(3, 2), space(2)), Pair(space(2, 1), space(1)))
    assert made.map.param == Pair(Pair(first, UNIT), second)
    parameters = (((flat(W), flat(B)), ()), (flat(v), flat(c)))
    found = plain.meaning(made.map.inside)((parameters, flat(X)))
    assert found == flat(np.where(X.dot(W) + B > 0, X.dot(W) + B, 0).dot(v) + c)


def test_the_widths_of_a_perceptron() -> None:
    """No activation after the last layer; two widths are one layer."""
    assert perceptron(4, (3, 2), p.relu) == dense(4, 3, 2, "layer1")
    four = perceptron(1, (5, 4, 3, 2), p.tanh)
    assert four.names[::2] == ("layer1.weight", "layer2.weight", "layer3.weight")
    assert four == (
        (dense(1, 5, 4, "layer1") >> entrywise(p.tanh, 1, 4) >> dense(1, 4, 3, "layer2"))
        >> entrywise(p.tanh, 1, 3)
        >> dense(1, 3, 2, "layer3")
    )
    for widths in ((), (3,)):
        with pytest.raises(UsageError) as caught:
            perceptron(4, widths, p.relu)
        assert str(caught.value) == f"a perceptron needs the widths of its input and its output, not {widths}"


def test_layers_that_do_not_meet() -> None:
    with pytest.raises(BoundaryError) as caught:
        dense(4, 3, 2, "first") >> dense(4, 3, 1, "second")
    assert str(caught.value) == "second takes R[4,3], and first before it gives R[4,2]"
    unnamed = Network(PARA.embed(p.negate((1,))), ())
    with pytest.raises(BoundaryError, match=r"a layer takes R\[1\], and first before it gives R\[4,2\]"):
        dense(4, 3, 2, "first") >> unnamed
    with pytest.raises(BoundaryError, match=r"first takes R\[4,3\], and a layer before it gives R\[1\]"):
        unnamed >> dense(4, 3, 2, "first")


@pytest.mark.parametrize("names", [(), ("one",), ("one", "one"), ("one", "two", "three")])
def test_each_leaf_has_a_name_of_its_own(names: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as caught:
        Network(dense(4, 3, 2).map, names)
    assert str(caught.value) == (f"(R[3,2] ⊗ R[2]) has 2 leaves; they need as many distinct names, not {names}")


# ------------------------------------------------------------------------------------------------ objectives


def test_the_mean_square(plain: Functions) -> None:
    """The sum over all entries, divided by the rows alone."""
    x, y = array(4, 3), array(4, 3, seed=1)
    assert same(image(mean_square(4, 3), plain, x, y), ((x - y) ** 2).sum() / Fraction(4))
    assert (mean_square(4, 0).dom, mean_square(4, 0).cod) == (Pair(space(4, 0), space(4, 0)), SCALAR)
    with pytest.raises(UsageError, match="the mean square over 0 rows does not exist"):
        mean_square(0, 3)


def test_a_supervised_task(plain: Functions) -> None:
    """d(f(p, x), y), the prediction first; the targets need not be in the space of the predictions."""
    model = dense(4, 3, 2)
    distance = (Identity(space(4, 2)) @ p.broadcast((4, 2), (0, 1))) >> p.contract("ij,ij->", (4, 2), (4, 2))
    made = supervised(model.map, distance)
    assert (made.param, made.data) == (model.map.param, Pair(space(4, 3), SCALAR))
    weight = np.array(Fraction(3), dtype=object)
    assert same(image(made.term, plain, W, B, X, weight), (X.dot(W) + B).sum() * 3)
    with pytest.raises(
        BoundaryError, match=r"the distance starts from \(R\[1,2\] ⊗ R\[1,2\]\); the model ends in R\[4,2\]"
    ):
        supervised(model.map, mean_square(1, 2))
    with pytest.raises(BoundaryError, match=r"the distance starts from R\[4,2\]; the model ends in R\[4,2\]"):
        supervised(model.map, p.sum_axes((4, 2)))


def test_an_objective_with_its_batch_beside_it(plain: Functions) -> None:
    """(P ⊗ X) ⊗ Y → R as P ⊗ (X ⊗ Y) → R."""
    term = (p.contract("ij,jk->ik", (1, 2), (2, 1)) @ Identity(space(1, 1))) >> p.contract("ij,ij->", (1, 1), (1, 1))
    made = batched(term, space(1, 2))
    assert (made.param, made.data) == (space(1, 2), Pair(space(2, 1), space(1, 1)))
    assert plain.meaning(made.term)(((2, 3), ((5, 7), (11,)))) == ((10 + 21) * 11,)
    for wrong in (p.sum_axes((2,)), p.add(()), term):
        with pytest.raises(BoundaryError) as caught:
            batched(wrong, space(9))
        assert str(caught.value) == f"an objective over R[9] starts from (R[9] ⊗ X) ⊗ Y, not from {wrong.dom}"


def test_what_is_no_objective() -> None:
    good = p.add(())
    assert Objective(SCALAR, SCALAR, good).term is good
    for param, data, term in (
        (UNIT, SCALAR, good),
        (SCALAR, UNIT, good),
        (SCALAR, SCALAR, Discard(Pair(SCALAR, SCALAR))),
    ):
        with pytest.raises(BoundaryError) as caught:
            Objective(param, data, term)
        assert str(caught.value) == (
            f"an objective over {param} on data {data} goes from their pair to R, not from {term.dom} to {term.cod}"
        )
