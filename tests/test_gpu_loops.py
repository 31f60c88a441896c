import signal
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from verified_cat import primitives
from verified_cat.errors import DataError, UsageError
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.interop import network_of
from verified_cat.gpu.loops import LoopStep, may_tear, memory_told
from verified_cat.networks import Network, entrywise, mean_square, supervised
from verified_cat.optimiser import Optimiser, adam, gradient_descent

RULES: dict[str, tuple[Optimiser, Callable[[Any], torch.optim.Optimizer]]] = {
    "sgd": (gradient_descent(Fraction(1, 8)), lambda p: torch.optim.SGD(p, lr=0.125)),
    "adam": (adam(Fraction(1, 64)), lambda p: torch.optim.Adam(p, lr=1 / 64)),
}


def model(dtype: torch.dtype = torch.float64) -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3)).to(dtype)


def compiled(rule: Optimiser, dtype: str = "float64", batch: int = 8, last: Network | None = None) -> LoopStep:
    network = network_of(model(), batch, 4)
    network = network if last is None else network >> last
    return LoopStep(supervised(network.map, mean_square(batch, 3)), rule, TorchEngine(dtype), data=("x", "y"))


def data(rows: int = 40) -> TensorDataset:
    generator = torch.Generator().manual_seed(5)
    x, y = (torch.randn(rows, width, generator=generator, dtype=torch.float64) for width in (4, 3))
    return TensorDataset(x, y)


@pytest.mark.parametrize("rule", RULES)
def test_a_loop_is_that_of_torch(rule: str) -> None:
    ours, theirs = RULES[rule]
    step, reference, out = compiled(ours), model(), model()
    optimiser = theirs(reference.parameters())
    step.import_from(reference)
    losses = []
    for _ in range(3):
        for x, y in DataLoader(data(), batch_size=8, shuffle=False, drop_last=True):
            losses.append(step.step(x, y))
            optimiser.zero_grad()
            loss = ((reference(x) - y) ** 2).sum() / 8
            torch.testing.assert_close(losses[-1], loss.detach(), rtol=1e-12, atol=0)
            loss.backward()
            optimiser.step()
    assert len({float(loss) for loss in losses}) == 15  # each loss is a tensor of its own
    step.export_to(out)
    for one, other in zip(out.parameters(), reference.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-11, atol=1e-13)


def test_a_stretch_of_a_larger_tensor_is_read_where_it_lies() -> None:
    x, y = data().tensors
    states = []
    for given in ((x[8:16], y[16:24]), (x[8:16].clone(), y[16:24].clone())):
        step = compiled(RULES["sgd"][0])
        step.import_from(model())
        step.step(*given)
        states.append([tensor.clone() for tensor in step.parameters()])
    assert all(torch.equal(one, other) for one, other in zip(*states, strict=True))


def test_a_convolutional_loop_is_that_of_torch() -> None:
    torch.manual_seed(2)
    reference = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), nn.GroupNorm(2, 4), nn.LeakyReLU(0.25), nn.MaxPool2d(2),
        nn.ConvTranspose2d(4, 3, 2, stride=2), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(12, 3), nn.LogSoftmax(1),
    ).double()  # fmt: skip
    rule = adam(Fraction(1, 64))
    step = LoopStep(supervised(network_of(reference, 4, 2, 4, 4).map, mean_square(4, 3)), rule, TorchEngine())
    optimiser = torch.optim.Adam(reference.parameters(), lr=1 / 64)
    step.import_from(reference)
    generator = torch.Generator().manual_seed(1)
    for _ in range(4):
        x, y = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in ((4, 2, 4, 4), (4, 3)))
        found = step.step(x, y)
        optimiser.zero_grad()
        loss = ((reference(x) - y) ** 2).sum() / 4
        torch.testing.assert_close(found, loss.detach(), rtol=1e-10, atol=0)
        loss.backward()
        optimiser.step()
    for found, (name, expected) in zip(step.parameters(), reference.named_parameters(), strict=True):
        same = expected.T if name == "7.weight" else expected
        torch.testing.assert_close(found, same.detach(), rtol=1e-8, atol=1e-9)


X, Y = torch.ones(8, 4, dtype=torch.float64), torch.ones(8, 3, dtype=torch.float64)


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        ((X,), r"takes 2 tensors \(x : R\[8,4\], y : R\[8,3\]\), not 1"),
        ((X[:5], Y[:5]), r"x of the batch has the shape \(5, 4\), .*R\[8,4\]: give DataLoader\(..., drop_last=True\)"),
        ((X.repeat(2, 1), Y), r"x of the batch has the shape \(16, 4\), .*: compile another step for 16 rows"),
        ((X, X), r"y of the batch has the shape \(8, 4\)"),
        (
            (X.float(), Y),
            r"x of the batch is torch.float32, .* torch.float64: .to\(torch.float64\); the state is the one",
        ),
        ((X, Y.long()), "y of the batch is torch.int64, .*one-hot"),
        ((X, Y.to("meta")), "y of the batch is on meta, and the step runs on cpu"),
        ((X, torch.ones(3, 8, dtype=torch.float64).T), r"y of the batch does not lie in .*strides \(1, 8\)\): .contig"),
        ((X.clone().requires_grad_(), Y), r"x of the batch wants a gradient.*.detach\(\)"),
        ((X, Y.numpy()), "y of the batch is ndarray, not a tensor"),
    ],
)
def test_a_batch_that_does_not_fit_is_refused_and_the_state_kept(batch: tuple[Any, ...], words: str) -> None:
    step = compiled(RULES["adam"][0])
    step.import_from(model())
    step.step(X, Y)
    before = [tensor.clone() for tensor in step.state()]
    with pytest.raises(DataError, match=words):
        step.step(*batch)
    assert all(torch.equal(one, other) for one, other in zip(step.state(), before, strict=True))
    step.step(X, Y)


def test_a_module_that_does_not_fit_is_refused_and_the_state_kept() -> None:
    step = compiled(RULES["sgd"][0])
    with pytest.raises(UsageError, match="no state yet"):
        step.step(X, Y)
    with pytest.raises(UsageError, match="no state yet"):
        step.export_to(model())
    step.import_from(model())
    before = [tensor.clone() for tensor in step.state()]
    with pytest.raises(DataError, match=r"0.weight has the shape \(5, 4\); .* R\[4,6\], in torch's layout \(6, 4\)"):
        step.import_from(nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3)))
    with pytest.raises(DataError, match="the step has 4 parameters, the modules 2"):
        step.export_to(nn.Linear(4, 6))
    assert all(torch.equal(one, other) for one, other in zip(step.state(), before, strict=True))
    with pytest.raises(UsageError, match="2 parts; 1 names were given"):
        LoopStep(step.objective, step.rule, step.engine, data=("x",))


def test_modules_may_be_parts() -> None:
    step, first, last = compiled(RULES["sgd"][0]), nn.Linear(4, 6).double(), nn.Linear(6, 3).double()
    whole = model()
    step.import_from(whole)
    step.export_to(first, last)
    given = list(whole.parameters())
    assert torch.equal(first.weight, given[0]) and torch.equal(last.weight, given[2])
    step.import_from(first, last)
    assert torch.equal(step.parameters()[0].T, first.weight)
    wrong = nn.Linear(7, 3).double()
    with torch.no_grad():
        first.weight.zero_()
    with pytest.raises(DataError, match="weight has the shape"):
        step.export_to(first, wrong)
    assert not first.weight.any()  # all, or none


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_weights_of_other_types_are_rounded_once(dtype: str) -> None:
    for given in (torch.bfloat16, torch.float32, torch.float64):
        step, source, out = compiled(RULES["sgd"][0], dtype), model(given), model(given)
        step.import_from(source)
        step.export_to(out)
        for one, other in zip(out.parameters(), source.parameters(), strict=True):
            assert torch.equal(one, other.to(step.engine.dtype).to(given))


# ------------------------------------------------------------------------------------------------ memory and interrupts


def failing(step: LoopStep, name: str, fault: BaseException) -> None:
    """From now on the kernel of this name in the program raises."""

    def kernel(*_: Any, **__: Any) -> None:
        raise fault

    assert name in step.source
    step.emitted.run.__globals__[name] = kernel


FAULTS = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: you tried …"),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_step_without_memory_keeps_the_state(fault: Exception) -> None:
    last = entrywise(lambda shape: primitives.gather(shape, 1, (0, 2, 1)), 8, 3)  # a kernel that asks for memory
    step = compiled(RULES["adam"][0], last=last)
    step.import_from(model())
    step.step(X, Y)
    before = [tensor.clone() for tensor in step.state()]
    kernels = [name for name in step.emitted.run.__globals__ if name.startswith("k")]
    assert len(kernels) >= 2
    failing(step, kernels[-1], fault)
    with pytest.raises(DataError, match="no memory for a step; the state is the one before: "):
        step.step(X, Y)
    assert all(torch.equal(one, other) for one, other in zip(step.state(), before, strict=True))
    step.export_to(model())


def test_a_step_that_may_tear_keeps_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not may_tear(compiled(RULES["adam"][0]).plan)
    first = entrywise(lambda shape: primitives.gather(shape, 1, (0, 2, 1, 3)), 8, 4)
    network = first >> network_of(model(), 8, 4)
    monkeypatch.setattr("verified_cat.gpu.loops.may_tear", lambda plan: True)
    kept = LoopStep(supervised(network.map, mean_square(8, 3)), RULES["sgd"][0], TorchEngine())
    kept.import_from(model())
    before = [tensor.clone() for tensor in kept.state()]
    *_, update = (line for line in kept.source.splitlines() if ".add_(" in line)
    name = update.strip().partition(".")[0]

    class Tearing:
        """The state, of which an update is made before the memory is found to be lacking."""

        tensor = kept.emitted.run.__globals__[name]

        def add_(self, *given: Any, **numbers: Any) -> None:
            self.tensor.add_(*given, **numbers)
            assert any(not torch.equal(one, other) for one, other in zip(kept.state(), before, strict=True))
            raise FAULTS[0]

    kept.emitted.run.__globals__[name] = Tearing()
    with pytest.raises(DataError):
        kept.step(X, Y)
    assert all(torch.equal(one, other) for one, other in zip(kept.state(), before, strict=True))


def test_an_interrupt_in_the_middle_is_not_forgotten() -> None:
    step = compiled(RULES["sgd"][0])
    step.import_from(model())
    run = step.emitted.run.__globals__
    plain = run["tanh_backward"]

    def interrupted(*given: Any, **named: Any) -> None:
        plain(*given, **named)
        signal.raise_signal(signal.SIGINT)

    run["tanh_backward"] = interrupted
    with pytest.raises(KeyboardInterrupt):
        step.step(X, Y)
    with pytest.raises(UsageError, match="interrupted in its middle"):
        step.export_to(model())
    run["tanh_backward"] = plain
    step.import_from(model())
    step.step(X, Y)


def test_buffers_that_do_not_fit_are_told_of() -> None:
    width = 3_000_000_000
    network = network_of(nn.Sequential(nn.Tanh()), 1000, width)
    with pytest.raises(DataError, match="temporaries of this step take 24000000000"):
        LoopStep(supervised(network.map, mean_square(1000, width)), RULES["sgd"][0], TorchEngine())
    with pytest.raises(RuntimeError, match="another"), memory_told("it"):
        raise RuntimeError("another")
    with pytest.raises(DataError, match="no memory for it"), memory_told("it"):
        raise MemoryError
