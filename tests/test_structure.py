"""2-cells of Para: exact identities, boundaries, compositions; against torch and by hand-written adapters, compiled."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from verified_cat import primitives as p
from verified_cat.descent import program_of
from verified_cat.errors import BoundaryError, UsageError
from verified_cat.functions import Functions
from verified_cat.lens import reverse_derivative
from verified_cat.loss import total
from verified_cat.networks import Network, Objective, dense, entrywise, mean_square, supervised
from verified_cat.objects import SCALAR, UNIT, Pair, Sort, flatten, leaves, space
from verified_cat.optimiser import gradient_descent, momentum
from verified_cat.para import ParaMap
from verified_cat.primitives import symbol
from verified_cat.program import running
from verified_cat.structure import (
    Structure,
    along,
    at,
    frozen,
    low_rank,
    normal_form,
    shared,
    tied,
    unchanged,
    weight_norm,
    withheld,
)
from verified_cat.terms import Discard, Identity

HALF, TENTH = Fraction(1, 2), Fraction(1, 10)
TWO = dense(1, 2, 2, "one") >> dense(1, 2, 2, "two")
W1, W2, B1, B2 = (1, 2, 3, 4), (5, -6, 7, 8), (1, -1), (0, 3)
X, T = (2, -1), (1, 4)


def gradient(network: Network, param: Any, functions: Functions) -> Any:
    """∂/∂p of the squared error at (X, T)."""
    objective = supervised(network.map, mean_square(1, 2))
    by_param, _ = functions.meaning(reverse_derivative(objective.term))(((param, (X, T)), (1,)))
    return flatten(network.map.param, by_param)


# ------------------------------------------------------------------------------------------------ exact


def test_the_gradient_of_a_tied_parameter_is_the_sum(plain: Functions) -> None:
    cell = tied(TWO, "one.weight", ["two.weight"])
    assert cell.target.names == ("one.weight", "one.bias", "two.bias")
    assert str(cell.target.map.param) == "((R[2,2] ⊗ R[2]) ⊗ (1 ⊗ R[2]))"
    whole = gradient(TWO, ((W1, B1), (W1, B2)), plain)
    found = gradient(cell.target, ((W1, B1), ((), B2)), plain)
    assert found[0] == tuple(one + two for one, two in zip(whole[0], whole[2], strict=True))
    assert found[1:] == [whole[1], whole[3]]


def test_tying_to_a_transpose(plain: Functions) -> None:
    """The second weight is the first one's transpose; its gradient comes back transposed."""
    turned = p.permute((2, 2), (1, 0))
    cell = tied(TWO, "two.weight", {"one.weight": turned})
    back = (W2[0], W2[2], W2[1], W2[3])
    whole = gradient(TWO, ((back, B1), (W2, B2)), plain)
    found = gradient(cell.target, (((), B1), (W2, B2)), plain)
    first = (whole[0][0], whole[0][2], whole[0][1], whole[0][3])
    assert found[1] == tuple(one + two for one, two in zip(first, whole[2], strict=True))


def test_freezing_is_a_reparametrisation_along_a_constant(plain: Functions) -> None:
    """What is left moves as in the whole network; what is frozen is no parameter any more."""
    cell = frozen(TWO, {"one.weight": W1, "two.bias": (3,)})
    assert cell.target.names == ("one.bias", "two.weight")
    assert cell.cell.along.dom == cell.target.map.param == Pair(Pair(UNIT, space(2)), Pair(space(2, 2), UNIT))
    whole = gradient(TWO, ((W1, B1), (W2, (3, 3))), plain)
    assert gradient(cell.target, (((), B1), (W2, ())), plain) == whole[1:3]


def test_withheld_parameters_are_data(plain: Functions) -> None:
    """At any value of the data it is the frozen objective, and so is its step."""
    objective, rule = supervised(TWO.map, mean_square(1, 2)), momentum(TENTH, HALF)
    outside = withheld(objective, TWO.names, ["one.weight", "two.bias"])
    fixed = supervised(frozen(TWO, {"one.weight": W1, "two.bias": (0, 3)}).target.map, mean_square(1, 2))
    assert outside.param == fixed.param
    state = (((), (1, 0)), ((0, 1, 0, 2), ())), (((), B1), (W2, ()))
    one = running(program_of(outside, rule), plain.engine)((state, ((W1, B2), (X, T))))
    assert one == running(program_of(fixed, rule), plain.engine)((state, (X, T)))
    nothing = withheld(objective, TWO.names, [])
    assert nothing.data == Pair(UNIT, objective.data)


def test_low_rank_by_hand(plain: Functions) -> None:
    """W + 1/2 a b, with dA = 1/2 dW Bᵀ and dB = 1/2 Aᵀ dW."""
    cell = low_rank(dense(1, 2, 2), "dense.weight", 1, HALF)
    assert cell.target.names == ("dense.weight", "dense.weight.left", "dense.weight.right", "dense.bias")
    value = plain.meaning(cell.cell.along)
    a, b = (2, -4), (3, 1)
    moved = (1 + 3, 2 + 1, 3 - 6, 4 - 2)
    assert value(((W1, (a, b)), B1)) == (moved, B1)
    whole = gradient(dense(1, 2, 2), (moved, B1), plain)
    found = gradient(cell.target, ((W1, (a, b)), B1), plain)
    (g11, g12, g21, g22) = whole[0]
    assert found[0] == whole[0]
    assert found[1] == (HALF * (g11 * 3 + g12), HALF * (g21 * 3 + g22))
    assert found[2] == (HALF * (2 * g11 - 4 * g21), HALF * (2 * g12 - 4 * g22))


def test_weight_normalisation_has_lengths_and_directions(plain: Functions) -> None:
    """Columns (3, 4) and (0, 2) with the lengths 10 and 7: (6, 8) and (0, 7); and a section of it."""
    cell = weight_norm(dense(1, 2, 2), "dense.weight", 1)
    assert cell.target.names == ("dense.weight.length", "dense.weight.direction", "dense.bias")
    assert plain.meaning(cell.cell.along)((((10, 7), (3, 0, 4, 2)), B1)) == (pytest.approx((6, 0, 8, 7)), B1)
    assert plain.meaning(normal_form((2, 2), 1))((3, 0, 4, 2)) == (pytest.approx((5, 2)), (3, 0, 4, 2))
    rows = weight_norm(dense(1, 2, 2), "dense.weight", 0)
    assert plain.meaning(rows.cell.along)((((10, 6), (3, 4, 0, 2)), B1)) == (pytest.approx((6, 8, 0, 6)), B1)


def same(one: Structure, two: Structure, point: Any, functions: Functions) -> bool:
    """Equal names and boundaries, and equal maps of parameters at a point."""
    assert one.target.names == two.target.names
    assert one.target.map.param == two.target.map.param
    found, wanted = (functions.meaning(each.cell.along)(point) for each in (one, two))
    outputs = [functions.meaning(each.target.map.inside)((point, X)) for each in (one, two)]
    return bool(found == wanted and outputs[0] == outputs[1])


def test_one_after_the_other(plain: Functions) -> None:
    """Adapted, then all but the adapter frozen; associative, and nothing is neutral."""
    adapted = low_rank(TWO, "one.weight", 1)
    fixed = frozen(adapted.target, {"one.weight": W1, "one.bias": (0,), "two.weight": W2})
    rest = frozen(fixed.target, {"two.bias": B2})
    whole = adapted >> fixed
    assert whole.target.names == ("one.weight.left", "one.weight.right", "two.bias")
    point = ((((), ((2, -4), (3, 1))), ()), ((), B2))
    assert plain.meaning(whole.cell.along)(point) == (((7, 4, -9, 0), (0, 0)), (W2, B2))
    without = ((((), ((2, -4), (3, 1))), ()), ((), ()))
    assert same((adapted >> fixed) >> rest, adapted >> (fixed >> rest), without, plain)
    assert same(unchanged(TWO) >> adapted, adapted, ((((W1, ((2, -4), (3, 1)))), B1), (W2, B2)), plain)


def test_one_on_each_of_two_networks(plain: Functions) -> None:
    """Interchange: (a @ b) is (a @ nothing) >> (nothing @ b)."""
    one, two = dense(1, 2, 2, "one"), dense(1, 2, 2, "two")
    a, b = low_rank(one, "one.weight", 1), frozen(two, {"two.weight": W2})
    direct = a @ b
    first = a @ unchanged(two)
    second = unchanged(a.target) @ b
    assert direct.source.map == TWO.map
    assert same(direct, first >> second, (((W1, ((2, -4), (3, 1))), B1), ((), B2)), plain)


def test_the_same_parameters_on_many_inputs(plain: Functions) -> None:
    """fⁿ along Δ on the rows is the network on a batch; its gradients are the sums of those of the rows: BATCH-SUM."""
    one, batch = dense(1, 2, 1), dense(3, 2, 1)
    power = shared(one, 3)
    rows = ((1, 2), ((3, 4), (5, 6)))
    assert power.param == one.map.param
    assert plain.meaning(power.inside)((((10, 1), (7,)), rows)) == ((19,), ((41,), (63,)))
    assert plain.meaning(batch.map.inside)((((10, 1), (7,)), (1, 2, 3, 4, 5, 6))) == (19, 41, 63)
    summed = power.inside >> total(power.cod)
    by_param, _ = plain.meaning(reverse_derivative(summed))(((((10, 1), (7,)), rows), (1,)))
    together, _ = plain.meaning(reverse_derivative(batch.map.inside))(
        ((((10, 1), (7,)), (1, 2, 3, 4, 5, 6)), (1, 1, 1))
    )
    assert by_param == together == ((9, 12), (3,))
    assert shared(one, 1).inside != one.map.inside  # along the identity
    with pytest.raises(UsageError, match="number of copies"):
        shared(one, 0)


# ------------------------------------------------------------------------------------------------ refusals


def test_what_does_not_fit() -> None:
    adapted = low_rank(TWO, "one.weight", 1)
    with pytest.raises(BoundaryError, match=r"make it of ``\.target``"):
        adapted >> frozen(TWO, {"one.bias": (0,)})
    renamed = Network(TWO.map, ("a", "b", "c", "d"))
    larger = dense(3, 2, 2, "one") >> dense(3, 2, 2, "two")
    for other in (renamed, larger):  # another map, or other names
        with pytest.raises(BoundaryError, match="nothing starts from a network with the parameters"):
            unchanged(TWO) >> unchanged(other)
    with pytest.raises(BoundaryError, match="does not compose with the parameters"):
        along(TWO, Discard(SCALAR), (), "wrong")
    with pytest.raises(BoundaryError, match=r"one\.bias is in R\[2\], and what is put there ends in R"):
        at(TWO, {"one.bias": (Identity(SCALAR), ("one",))}, "wrong")
    with pytest.raises(BoundaryError, match=r"tied: two\.bias is in R\[2\] and one\.weight in R\[2,2\]"):
        tied(TWO, "one.weight", ["two.bias"])
    with pytest.raises(UsageError, match="to follow itself"):
        tied(TWO, "one.weight", ["one.weight"])
    with pytest.raises(UsageError, match="no space of matrices"):
        low_rank(TWO, "one.bias", 1)
    for rank in (0, True, HALF):
        with pytest.raises(UsageError, match="the rank is a whole number"):
            low_rank(TWO, "one.weight", rank)  # type: ignore[arg-type]
    opaque = Network(ParaMap(Sort("Z"), SCALAR, SCALAR, symbol("f", Pair(Sort("Z"), SCALAR), SCALAR)), ("free",))
    with pytest.raises(BoundaryError, match="Z is opaque: it has no entries to structure"):
        low_rank(opaque, "free", 1)
    with pytest.raises(UsageError, match="2 is no axis"):
        weight_norm(TWO, "one.weight", 2)
    makers: list[Any] = [lambda n: frozen(TWO, {n: (0,)}), lambda n: low_rank(TWO, n, 1), lambda n: tied(TWO, n, [])]
    for make in makers:
        with pytest.raises(UsageError, match=r"no parameter is called 'one\.wieght'.*one\.weight"):
            make("one.wieght")
    with pytest.raises(UsageError, match="no parameter is called 'three'"):
        withheld(supervised(TWO.map, mean_square(1, 2)), TWO.names, ["three"])


# ------------------------------------------------------------------------------------------------ against torch

torch: Any = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

ROWS, STEPS = 8, 100
NETWORK = dense(ROWS, 5, 4, "one") >> entrywise(p.tanh, ROWS, 4) >> dense(ROWS, 4, 3, "two")
RULE = momentum(Fraction(1, 20), Fraction(1, 2))


def random(*shape: int) -> Any:
    return np.random.Generator(np.random.Philox(sum(shape) * 7 + len(shape))).normal(size=shape)


INPUTS, TARGETS = torch.tensor(random(ROWS, 5)), torch.tensor(random(ROWS, 3))
WEIGHTS = {"one.weight": random(5, 4), "one.bias": random(4), "two.weight": random(4, 3), "two.bias": random(3)}


def ours(objective: Objective, start: dict[str, Any], *data: Any) -> tuple[dict[str, Any], Any]:
    """The parameters after 100 compiled steps, and the step."""
    from verified_cat.gpu.engine import TorchEngine
    from verified_cat.gpu.step import Step

    step = Step(objective, RULE, TorchEngine("float64"), names=tuple(start))
    step.start(start)
    for _ in range(STEPS):
        step.step(*data)
    return dict(zip(start, step.parameters(), strict=True)), step


def theirs(model: Any, params: list[Any]) -> None:
    rule = torch.optim.SGD(params, lr=0.05, momentum=0.5)
    for _ in range(STEPS):
        rule.zero_grad()
        ((model(INPUTS) - TARGETS) ** 2).sum().div(ROWS).backward()
        rule.step()


def modules() -> Any:
    made = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.Tanh(), torch.nn.Linear(4, 3)).double()
    with torch.no_grad():
        for module, name in ((made[0], "one"), (made[2], "two")):
            module.weight.copy_(torch.tensor(WEIGHTS[f"{name}.weight"]).T)
            module.bias.copy_(torch.tensor(WEIGHTS[f"{name}.bias"]))
    return made


BOUND = STEPS * 200 * 2.0**-53 * 8
"""100 steps with at most 200 roundings, one after the other, of numbers below 8, and no growth of them."""


def close(found: Any, wanted: Any) -> bool:
    return float((found - wanted.detach()).abs().max()) <= BOUND


def test_weight_norm_is_torchs() -> None:
    cell = weight_norm(NETWORK, "one.weight", 1)
    length = np.sqrt((WEIGHTS["one.weight"] ** 2).sum(0))
    start = {"one.weight.length": length, "one.weight.direction": WEIGHTS["one.weight"], **WEIGHTS}
    del start["one.weight"]
    found, _ = ours(supervised(cell.target.map, mean_square(ROWS, 3)), start, INPUTS, TARGETS)
    model = modules()
    torch.nn.utils.parametrizations.weight_norm(model[0], dim=0)
    theirs(model, list(model.parameters()))
    parts = model[0].parametrizations.weight
    assert close(found["one.weight.length"], parts.original0.reshape(-1))
    assert close(found["one.weight.direction"], parts.original1.T)
    assert close(found["two.weight"], model[2].weight.T)
    assert float((found["one.weight.direction"] - torch.tensor(WEIGHTS["one.weight"])).abs().max()) > 1e-3


def test_low_rank_is_the_hand_written_adapter() -> None:
    """With the adapted weight frozen: written into the program, and as data. Nothing but the adapter moves."""
    adapted = low_rank(NETWORK, "one.weight", 2, HALF)
    free = ["one.weight.left", "one.weight.right"]
    start = {"one.weight.left": random(5, 2), "one.weight.right": random(2, 4)}
    objective = supervised(adapted.target.map, mean_square(ROWS, 3))
    given = [name for name in adapted.target.names if name not in free]
    outside = withheld(objective, adapted.target.names, given)
    found, _ = ours(outside, start, *(torch.tensor(WEIGHTS[name]) for name in given), INPUTS, TARGETS)
    exact = {name: [Fraction(entry) for entry in WEIGHTS[name].reshape(-1).tolist()] for name in given}
    inside = adapted >> frozen(adapted.target, exact)
    again, _ = ours(supervised(inside.target.map, mean_square(ROWS, 3)), start, INPUTS, TARGETS)
    left, right = (torch.tensor(start[name]).requires_grad_() for name in free)

    def model(x: Any) -> Any:
        hidden = torch.tanh(x @ (torch.tensor(WEIGHTS["one.weight"]) + 0.5 * left @ right) + base["one.bias"])
        return hidden @ base["two.weight"] + base["two.bias"]

    base = {name: torch.tensor(value) for name, value in WEIGHTS.items()}
    theirs(model, [left, right])
    for each in (found, again):
        assert close(each["one.weight.left"], left)
        assert close(each["one.weight.right"], right)
    assert float((left.detach() - torch.tensor(start["one.weight.left"])).abs().max()) > 1e-3


def test_a_tied_autoencoder_is_torchs() -> None:
    """Decoder the transpose of the encoder."""
    network = dense(ROWS, 5, 4, "one") >> entrywise(p.tanh, ROWS, 4) >> dense(ROWS, 4, 5, "two")
    cell = tied(network, "one.weight", {"two.weight": p.permute((5, 4), (1, 0))})
    start = {"one.weight": random(5, 4), "one.bias": random(4), "two.bias": random(5)}
    found, _ = ours(supervised(cell.target.map, mean_square(ROWS, 5)), start, INPUTS, INPUTS)
    weight, one, two = (torch.tensor(value).requires_grad_() for value in start.values())
    rule = torch.optim.SGD([weight, one, two], lr=0.05, momentum=0.5)
    for _ in range(STEPS):
        rule.zero_grad()
        made = torch.tanh(INPUTS @ weight + one) @ weight.T + two
        ((made - INPUTS) ** 2).sum().div(ROWS).backward()
        rule.step()
    assert close(found["one.weight"], weight)
    assert close(found["two.bias"], two)


# ------------------------------------------------------------------------------------------------ what it costs


def calls(objective: Objective) -> int:
    """How many calls a step takes, before those of small leaves are made together: that depends on which are alike."""
    from verified_cat.gpu.engine import TorchEngine
    from verified_cat.gpu.step import Step

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("verified_cat.gpu.planning.side_by_side", lambda plan: plan)
        return len(Step(objective, gradient_descent(TENTH), TorchEngine("float32")).plan.calls)


def test_structure_costs_what_it_computes() -> None:
    """Tying is an update less: slopes are added as products. Freezing is less, whether written in or given; an adapter
    is its own products and updates, and no more."""

    def priced(cell: Structure) -> int:
        return calls(supervised(cell.target.map, mean_square(ROWS, 3)))

    square = dense(ROWS, 5, 4, "zero") >> entrywise(p.tanh, ROWS, 4) >> dense(ROWS, 4, 4, "one")
    square = square >> entrywise(p.tanh, ROWS, 4) >> dense(ROWS, 4, 4, "two") >> dense(ROWS, 4, 3, "last")
    plain = priced(unchanged(square))
    assert priced(tied(square, "one.weight", ["two.weight"])) == plain - 1
    names = {name: (Fraction(1, 3),) for name in square.names[:4]}
    assert priced(frozen(square, names)) < plain
    assert calls(withheld(supervised(square.map, mean_square(ROWS, 3)), square.names, list(names))) < plain
    assert priced(low_rank(square, "two.weight", 2)) <= plain + 6  # A B, on W; dW Bᵀ, Aᵀ dW, on A and B
    assert len(list(leaves(low_rank(square, "two.weight", 2).target.map.param))) == 10
