"""The loss curves of our networks against the same networks in plain PyTorch, over 200 steps, to a derived bound.

Both sides start from the same numbers, take the same batches in float64, and round otherwise. One step of either errs,
at the state z = (s, p) that it is made from, by at most b(z) = γ_k times the same step made with every number and sign
positive, entry by entry (Higham 2002, Lemma 3.1 and section 3.1): relu and the largest of a window select and round
nothing, where they select the same on both sides, which is looked at too. For the whole curve: two runs are apart by
D' = J D + δ - δ', with J the derivative of the step, so that to first order in the unit of rounding

    |L_T - L'_T| ≤ 2 c_T + 2 Σ_t ⟨|v_t|, b_t⟩,   v_t = J_{t+1}ᵀ … J_{T-1}ᵀ ∇L_T,

where v is what the reverse derivative of the whole training gives, computed here by Hessians times vectors. (Norms
instead of v would be useless: ‖J‖ is near 2, and 2²⁰⁰ times any rounding is more than a loss.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
pytest.importorskip("sklearn", reason="not run: scikit-learn not installed (pip install verified-cat[data])")

from torch import nn  # noqa: E402

from verified_cat.gpu import digits, digits_conv  # noqa: E402
from verified_cat.gpu.classification import Classification, table_of  # noqa: E402
from verified_cat.gpu.data import Place, Shuffled  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.randomness import initial_weights  # noqa: E402
from verified_cat.gpu.step import Step  # noqa: E402
from verified_cat.optimiser import momentum  # noqa: E402

ENGINE, STEPS = TorchEngine("float64"), 200
U = 2.0**-53

Tensors = list[Any]


@dataclass(frozen=True)
class Case:
    """A task, the same network in plain PyTorch, the longest chain of roundings of a step, and where to look."""

    task: Classification
    module: Callable[[], nn.Sequential]
    roundings: int
    looks: tuple[int, ...]
    every: int = 1
    """Of the steps from one state every so many are looked at."""

    @property
    def gamma(self) -> float:
        return self.roundings * U / (1 - self.roundings * U)


def plain_dense() -> nn.Sequential:
    return nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10)).double()


def plain_conv() -> nn.Sequential:
    return nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        *(nn.Conv2d(1, 16, 3, padding=1), nn.MaxPool2d(2), nn.ReLU()),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.MaxPool2d(2), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(128, 10)),
    ).double()


CASES = {
    # Sums within a row forward and back, then over the rows of the batch (and the places of an image), then the update.
    "dense": Case(digits.TASK, plain_dense, 2 * (64 + 128 + 10) + 64 + 20, (1, 5, 50, 200)),
    "conv": Case(
        replace(digits_conv.TASK, batch=16), plain_conv, 2 * (9 + 144 + 128 + 10) + 16 * 64 + 20, (1, 20, 200), 4
    ),
}


# ------------------------------------------------------------------------------------------------ the two runs


@dataclass
class Run:
    """Of each step: what was before it (momenta, parameters) and its loss."""

    states: list[tuple[Tensors, Tensors]]
    losses: list[float]


def batches(case: Case) -> list[Any]:
    source = Shuffled(table_of(digits.examples(0).learned, ENGINE), case.task.batch, 0, case.task.name)
    return list(islice(source.since(Place()), STEPS))


def first(case: Case) -> dict[str, Any]:
    model = case.task.network(case.task.batch)
    return initial_weights(model.map.param, model.names, 0)


def turned(module: nn.Sequential, leaves: Tensors) -> Tensors:
    """Our parameters as torch's, or back: a linear layer has its matrix transposed."""
    linear = [isinstance(layer, nn.Linear) for layer in module for _ in layer.parameters()]
    return [leaf.t() if flip and leaf.dim() == 2 else leaf for leaf, flip in zip(leaves, linear, strict=True)]


def theirs(case: Case, data: list[Any], decay: float | None = None) -> tuple[nn.Sequential, Run]:
    """The usual loop of PyTorch."""
    module, run = case.module(), Run([], [])
    parameters = list(module.parameters())
    with torch.no_grad():
        for parameter, value in zip(
            parameters, turned(module, [torch.tensor(w) for w in first(case).values()]), strict=True
        ):
            parameter.copy_(value)
    kept = float(case.task.decay) if decay is None else decay
    rule = torch.optim.SGD(parameters, lr=float(case.task.rate), momentum=kept)
    for x, y in data:
        moved = [rule.state[p].get("momentum_buffer", torch.zeros_like(p)).clone() for p in parameters]
        run.states.append((moved, [parameter.detach().clone() for parameter in parameters]))
        rule.zero_grad()
        loss = nn.functional.mse_loss(module(x), y, reduction="sum") / len(x)
        loss.backward()  # type: ignore[no-untyped-call]
        rule.step()
        run.losses.append(loss.item())
    return module, run


def ours(case: Case, module: nn.Sequential, data: list[Any]) -> Run:
    """The compiled step, freely running; states in torch's layout."""
    model, run = case.task.network(case.task.batch), Run([], [])
    step = Step(
        case.task.objective(case.task.batch), momentum(case.task.rate, case.task.decay), ENGINE, names=model.names
    )
    step.start(first(case))
    for x, y in data:
        leaves = step.saved()
        half = len(leaves) // 2
        run.states.append((turned(module, leaves[:half]), turned(module, leaves[half:])))
        run.losses.append(float(step.step(x, y)))
    return run


# ------------------------------------------------------------------------------------------------ bounds


def passed(module: nn.Sequential, parameters: Tensors, x: Any, told: Callable[[Any, Any], Any] | None = None) -> Any:
    """The network at these parameters; ``told`` takes (layer, what goes in) where layers select, and gives the rest."""
    left = iter(parameters)
    for layer in module:
        given = [next(left) for _ in layer.parameters()]
        if isinstance(layer, nn.Linear):
            x = nn.functional.linear(x, given[0], given[1])
        elif isinstance(layer, nn.Conv2d):
            x = nn.functional.conv2d(x, given[0], given[1], padding=1)
        else:
            x = layer(x) if told is None or isinstance(layer, nn.Flatten | nn.Unflatten) else told(layer, x)
    return x


def selections(module: nn.Sequential, parameters: Tensors, x: Any) -> Iterator[Any]:
    """What each relu and each pool selects, with how far it is from selecting otherwise: (choice, margin)."""
    found: list[Any] = []

    def told(layer: Any, given: Any) -> Any:
        if isinstance(layer, nn.ReLU):
            found.append((given > 0, given.abs()))
            return layer(given)
        out, places = nn.functional.max_pool2d(given, 2, return_indices=True)
        found.append((places, None))
        return out

    passed(module, parameters, x, told)
    yield from found


def magnified(module: nn.Sequential, absolute: Tensors, x: Any, choices: Tensors) -> tuple[Any, list[Any]]:
    """The network on positive numbers, selecting as it is told; and what comes to each relu."""
    chosen, levels = iter(choices), []

    def told(layer: Any, given: Any) -> Any:
        choice = next(chosen)
        if isinstance(layer, nn.ReLU):
            levels.append(given.detach())
            return given * choice
        return given.flatten(2).gather(2, choice.flatten(2)).reshape(choice.shape)

    return passed(module, absolute, x.abs(), told), levels


def positive(module: nn.Sequential, parameters: Tensors, x: Any, y: Any) -> tuple[Tensors, Any]:
    """(∇Φ, Φ) with Φ the loss on positive numbers, selecting as the network itself does."""
    choices = [choice for choice, _ in selections(module, parameters, x)]
    absolute = [parameter.abs().requires_grad_() for parameter in parameters]
    out, _ = magnified(module, absolute, x, choices)
    whole = ((out + y.abs()) ** 2).sum() / len(x)
    return list(torch.autograd.grad(whole, absolute)), whole.detach()


def local(
    case: Case, module: nn.Sequential, state: tuple[Tensors, Tensors], batch: Any
) -> tuple[Tensors, Tensors, float]:
    """(b_s, b_p, c): how much one step may err in the momenta, in the parameters, and in the loss before it."""
    slopes, loss = positive(module, state[1], *batch)
    rate, decay = float(case.task.rate), float(case.task.decay)
    moved = [decay * s.abs() + slope for s, slope in zip(state[0], slopes, strict=True)]
    momenta = [case.gamma * each for each in moved]
    parameters = [case.gamma * (p.abs() + rate * each) for p, each in zip(state[1], moved, strict=True)]
    return momenta, parameters, case.gamma * float(loss)


def slope(module: nn.Sequential, parameters: Tensors, batch: Any, along: Tensors | None = None) -> Tensors:
    """∇L, or with ``along`` = v the product of the Hessian with v."""
    given = [parameter.clone().requires_grad_() for parameter in parameters]
    loss = ((passed(module, given, batch[0]) - batch[1]) ** 2).sum() / len(batch[0])
    first_order = torch.autograd.grad(loss, given, create_graph=along is not None)
    if along is None:
        return list(first_order)
    whole = sum((one * other).sum() for one, other in zip(first_order, along, strict=True))
    return list(torch.autograd.grad(whole, given))


def carried(case: Case, module: nn.Sequential, run: Run, data: list[Any], bounds: list[Any], last: int) -> float:
    """2 c_T + 2 Σ_t ⟨|v_t|, b_t⟩ for the loss before step T = ``last`` - 1."""
    rate, decay, end = float(case.task.rate), float(case.task.decay), last - 1
    on_p, on_s = slope(module, run.states[end][1], data[end]), [torch.zeros_like(p) for p in run.states[end][1]]
    whole = bounds[end][2]
    for t in reversed(range(end)):
        for cotangents, errors in ((on_s, bounds[t][0]), (on_p, bounds[t][1])):
            whole += sum(float((v.abs() * b).sum()) for v, b in zip(cotangents, errors, strict=True))
        on_s = [a - rate * b for a, b in zip(on_s, on_p, strict=True)]  # p' = p - ε s'
        bent = slope(module, run.states[t][1], data[t], on_s)
        on_p = [b + h for b, h in zip(on_p, bent, strict=True)]
        on_s = [decay * a for a in on_s]
    return float(2 * whole)


# ------------------------------------------------------------------------------------------------ the tests


@dataclass(frozen=True)
class Both:
    case: Case
    module: nn.Sequential
    ours: Run
    theirs: Run
    data: list[Any]


@pytest.fixture(scope="module", params=list(CASES))
def both(request: pytest.FixtureRequest) -> Both:
    case = CASES[request.param]
    data = batches(case)
    module, other = theirs(case, data)
    return Both(case, module, ours(case, module, data), other, data)


def test_both_select_the_same_at_every_step(both: Both) -> None:
    """So that no bound below stands on a choice that one side makes otherwise."""
    for one, other, (x, _) in zip(both.ours.states, both.theirs.states, both.data, strict=True):
        found, wanted = (list(selections(both.module, each[1], x)) for each in (one, other))
        absolute = [parameter.abs() for parameter in other[1]]
        levels = iter(magnified(both.module, absolute, x, [choice for choice, _ in wanted])[1])
        for (choice, margin), (same, _) in zip(found, wanted, strict=True):
            assert torch.equal(choice, same)
            if margin is not None:
                assert bool(((margin > 2 * both.case.gamma * (level := next(levels))) | (level == 0)).all())


def test_the_curves_are_equal_to_the_bound(both: Both) -> None:
    bounds = [local(both.case, both.module, s, batch) for s, batch in zip(both.theirs.states, both.data, strict=True)]
    shares = {}
    for last in both.case.looks:
        apart = abs(both.ours.losses[last - 1] - both.theirs.losses[last - 1])
        allowed = carried(both.case, both.module, both.theirs, both.data, bounds, last)
        shares[last] = apart / allowed
        assert apart <= allowed, f"step {last}: {apart:.3g} apart, {allowed:.3g} allowed"
        assert allowed < 1e-6 * both.theirs.losses[0], "a bound that would allow anything"
    assert max(shares.values()) > 0, "two ways to round that never differ are one"


def test_each_step_from_the_same_state_is_the_same_to_its_own_bound(both: Both) -> None:
    """At the states of the other run, and for every parameter."""
    case, model = both.case, both.case.task.network(both.case.task.batch)
    step = Step(
        case.task.objective(case.task.batch), momentum(case.task.rate, case.task.decay), ENGINE, names=model.names
    )
    for t in range(0, STEPS - 1, case.every):
        state, following = both.theirs.states[t], both.theirs.states[t + 1]
        step.restore([leaf.contiguous() for part in state for leaf in turned(both.module, part)])
        loss = float(step.step(*both.data[t]))
        leaves = step.saved()
        found = [turned(both.module, part) for part in (leaves[: len(leaves) // 2], leaves[len(leaves) // 2 :])]
        errors = local(case, both.module, state, both.data[t])
        assert abs(loss - both.theirs.losses[t]) <= 2 * errors[2]
        for made, wanted, allowed in zip(found, following, errors[:2], strict=True):
            for one, other, bound in zip(made, wanted, allowed, strict=True):
                assert bool(((one - other).abs() <= 2 * bound).all())


@pytest.mark.parametrize(("name", "steps"), [("dense", 50), ("conv", 20)])
def test_a_wrong_rule_leaves_the_bound(name: str, steps: int) -> None:
    """A momentum that is too large by a millionth: the curves are apart by more than rounding."""
    case, data = CASES[name], batches(CASES[name])[:steps]
    module, other = theirs(case, data)
    _, wrong = theirs(case, data, decay=float(case.task.decay) + 1e-6)
    bounds = [local(case, module, state, batch) for state, batch in zip(other.states, data, strict=True)]
    assert abs(wrong.losses[-1] - other.losses[-1]) > carried(case, module, other, data, bounds, steps)
