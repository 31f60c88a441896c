"""The largest entries of windows as kernels: chosen where a program has them, right in Python and C, ties included."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import primitives  # noqa: E402
from verified_cat.errors import MissingExtra  # noqa: E402
from verified_cat.functions import Functions  # noqa: E402
from verified_cat.geometry import windowed  # noqa: E402
from verified_cat.gpu import c_pools, native, pools, python_lines  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.lowering import Call, lower  # noqa: E402
from verified_cat.gpu.meanings import meaning  # noqa: E402
from verified_cat.gpu.planning import EMITTERS  # noqa: E402
from verified_cat.gpu.schedule import Schedule, schedule  # noqa: E402
from verified_cat.gpu.step import Step  # noqa: E402
from verified_cat.gpu.views import Role, fresh  # noqa: E402
from verified_cat.images import conv2d, max_pool  # noqa: E402
from verified_cat.interpreting import Memory, run  # noqa: E402
from verified_cat.machine import differentiate  # noqa: E402
from verified_cat.networks import PARA, Network, mean_square, supervised  # noqa: E402
from verified_cat.objects import Pair, Space, flatten  # noqa: E402
from verified_cat.optimiser import gradient_descent  # noqa: E402
from verified_cat.primitives import Shape  # noqa: E402
from verified_cat.program import Program, program, running, trace  # noqa: E402
from verified_cat.reference import Engine  # noqa: E402
from verified_cat.report import Strength  # noqa: E402
from verified_cat.terms import Term  # noqa: E402
from verified_cat.validation import validate  # noqa: E402

Given = tuple[Shape, Shape, Shape, Shape]

WINDOWS: list[Given] = [
    ((2, 3, 4, 6), (2, 2), (2, 2), (1, 1)),
    ((1, 2, 6, 6), (3, 3), (3, 3), (1, 1)),
    ((2, 1, 8, 40), (4, 1), (4, 1), (1, 1)),
    ((2, 2, 7, 5), (2, 2), (2, 2), (1, 1)),
    ((1, 2, 7, 6), (3, 3), (2, 1), (1, 1)),
    ((2, 1, 7, 8), (2, 3), (1, 2), (3, 2)),
    ((4, 5), (2, 2), (1, 1), (1, 1)),
    ((2, 3, 3), (1, 1), (1, 1), (1, 1)),
]
"""shape, window, stride, dilation: tiles, gaps, overlaps, entries apart, images without channels, single entries."""


def calls_of(given: Given) -> list[Call]:
    """x ↦ its pool, and (w, x) ↦ the transposed derivative there."""
    shape, less = given[0], windowed(*given)[: len(given[0])]
    x, w = fresh(shape, Role.DATA, "x"), fresh(less, Role.DATA, "w")
    return [Call("max_pool", fresh(less), (x,), (), given), Call("max_pool_backward", fresh(shape), (w, x), (), given)]


def emitted(given: Sequence[Given], backend: str, precision: str) -> Any:
    """Both for each of them, as a program of (x, w, …)."""
    calls = [call for each in given for call in pair(each)]
    data = tuple(arg for call in calls[1::2] for arg in reversed(call.args))
    plan = Schedule(tuple(calls), data, 0, tuple(call.out for call in calls), {})
    try:
        return EMITTERS[backend](plan, TorchEngine(precision))
    except MissingExtra as missing:
        pytest.skip(f"not run: {missing}")


def pair(given: Given) -> tuple[Call, Call]:
    """The two calls, of the same x."""
    first, second = calls_of(given)
    return first, replace(second, args=(second.args[0], first.args[0]))


def drawn(given: Given, precision: str) -> tuple[Any, Any]:
    """Whole numbers, few of them: there are equal ones in most windows, and no sum is rounded."""
    numbers, dtype = torch.Generator().manual_seed(len(given[0])), TorchEngine(precision).dtype
    x, w = (
        torch.randint(low, 3, view.shape, generator=numbers).to(dtype)
        for low, view in zip((-2, 1), reversed(calls_of(given)[1].args), strict=True)
    )
    return x, w


@pytest.mark.parametrize("backend", ["python", "native"])
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_both_are_what_they_mean(precision: str, backend: str) -> None:
    made, engine = emitted(WINDOWS, backend, precision), TorchEngine(precision)
    for sign in (1, -1):  # the second time others are equal
        inputs = [(sign * x, w) for x, w in (drawn(given, precision) for given in WINDOWS)]
        made.run(*(leaf for each in inputs for leaf in each))
        found = iter(made.results)
        for given, (x, w) in zip(WINDOWS, inputs, strict=True):
            for call, values in zip(calls_of(given), (x, (w, x)), strict=True):
                wanted = Functions(engine).meaning(meaning(call)).run(values)
                assert torch.equal(next(found), wanted), (call.kernel, given)


@pytest.mark.parametrize("backend", ["python", "native"])
@pytest.mark.parametrize("given", [WINDOWS[0], WINDOWS[4]], ids=str)
def test_what_is_no_number_or_infinite(given: Given, backend: str) -> None:
    """NaN comes through, as it does from the engine's maximum, and w goes to one entry of the window all the same."""
    made = emitted([given], backend, "float64")
    x, w = drawn(given, "float64")
    x.view(-1)[::13], x.view(-1)[1::13] = float("nan"), -float("inf")
    made.run(x, w)
    most = Functions(TorchEngine()).meaning(meaning(calls_of(given)[0])).run(x)
    assert torch.equal(made.results[0].isnan(), most.isnan()) and 0 < int(most.isnan().sum()) < most.numel()
    assert float(made.results[1].sum()) == float(w.sum())
    x.fill_(-float("inf"))
    made.run(x, w)
    assert bool((made.results[0] == x.flatten()[0]).all()) and float(made.results[1].sum()) == float(w.sum())


def test_the_first_of_equals_is_that_of_torch() -> None:
    given = WINDOWS[0]
    made = emitted([given], "python", "float64")
    x, w = drawn(given, "float64")
    made.run(x, w)
    leaf = x.clone().requires_grad_()
    torch.nn.functional.max_pool2d(leaf, 2).backward(w)
    assert torch.equal(leaf.grad, made.results[1])


# ------------------------------------------------------------------------------------------------ the rules


def pulled(given: Given) -> Program:
    """(x, w) ↦ (the pool of x, the transpose of its derivative at w), as reverse mode makes it."""
    term = primitives.windows(*given) >> primitives.maximum(windowed(*given), _entries(given))
    assert isinstance(term.cod, Space)

    def both(wires: Any, values: Any) -> Any:
        y, back = differentiate(term, values[0], wires)
        return y, back(values[1])

    return trace(both, Pair(term.dom, term.cod), Pair(term.cod, term.dom))


def _entries(given: Given) -> tuple[int, int]:
    rank = len(windowed(*given))
    return rank - 2, rank - 1


def kernels(made: Program) -> list[str]:
    return [call.kernel for call in lower(made, (Role.DATA,) * len(made.inputs)).calls]


RATIONAL = [Fraction(n, 3) for n in (1, 5, 5, -2, 5, 0, 1, 1, 1, -4, 2, 2)]


@pytest.mark.parametrize("given", [((3, 4), (2, 2), (1, 2), (1, 1)), ((1, 1, 3, 4), (2, 2), (1, 1), (1, 1))], ids=str)
def test_the_rules_are_equations(given: Given) -> None:
    """The schedule, its kernels replaced by their meanings, is the program: at rationals, among them equal ones."""
    made, engine = pulled(given), Engine()
    plan = schedule(lower(made, (Role.DATA,) * 2), 0)
    assert [call.kernel for call in plan.calls] == ["max_pool", "max_pool_backward"]
    w = windowed(*given)[: len(given[0])]
    weights = [Fraction(place + 1, 7) for place in range(torch.Size(w).numel())]
    for turn in range(6):
        x = engine.lift(Space(given[0]), tuple(RATIONAL[turn:] + RATIONAL[:turn]))
        values = x, engine.lift(Space(w), tuple(weights))

        def lifted(shape: Any, numbers: Any) -> Any:
            raise AssertionError("there is no constant in it")

        _, found = run(
            plan,
            Memory(lambda entries: engine.lift(Space((entries,)), (Fraction(10**6),) * entries)),
            engine,
            list(values),
            lifted,
        )
        wanted = flatten(made.cod, running(made, engine)(values))
        for one, other, leaf in zip(found, wanted, (Space(w), Space(given[0])), strict=True):
            assert engine.lower(leaf, one) == engine.lower(leaf, other)


def test_what_is_no_pool_is_not_taken_for_one() -> None:
    given = ((1, 1, 4, 4), (2, 2), (2, 2), (1, 1))
    seen = windowed(*given)
    assert kernels(program(max_pool((1, 1, 4, 4), (2, 2)))) == ["max_pool"]
    rows = primitives.windows(*given) >> primitives.maximum(seen, (4,))
    assert kernels(program(rows)) == ["maximum"]
    one = primitives.windows((4, 4), (2,), (2,)) >> primitives.maximum((4, 2, 2), (2,))
    assert kernels(program(one)) == ["maximum"]
    space = Space(seen)
    chosen = primitives.windows(*given) >> primitives.first_maximum(seen, (4, 5)) >> primitives.fold_windows(*given)
    assert "max_pool_backward" not in kernels(program(chosen)) and chosen.cod != space
    other = ((1, 1, 4, 4), (2, 2), (2, 2), (1, 1)), ((1, 1, 5, 5), (2, 2), (2, 2), (2, 2))
    assert windowed(*other[0]) == windowed(*other[1])

    def folded_elsewhere(wires: Any, values: Any) -> Any:
        """The windows come from one image, and are put back into another."""
        x, w = values
        at = wires.at
        looked = at(primitives.Primitive("windows", other[0]), (x,))
        first = at(primitives.Primitive("first_maximum", (seen, (4, 5))), (looked,))
        spread = at(primitives.Primitive("broadcast", (seen, (4, 5))), (w,))
        return at(
            primitives.Primitive("fold_windows", other[1]),
            (at(primitives.Primitive("multiply", (seen,)), (first, spread)),),
        )

    made = trace(folded_elsewhere, Pair(Space((1, 1, 4, 4)), Space((1, 1, 2, 2))), Space((1, 1, 5, 5)))
    assert "max_pool_backward" not in kernels(made)


# ------------------------------------------------------------------------------------------------ planted faults


def layer(term: Term) -> Network:
    return Network(PARA.embed(term), (), ("pool", "pool"))


def step_of(backend: str, stride: int) -> tuple[Step, tuple[Any, ...]]:
    """A convolution of whole numbers and a pool: there are equal entries in its windows."""
    network = conv2d((2, 1, 7, 7), 2, (2, 2), name="conv") >> layer(max_pool((2, 2, 6, 6), (2, 2), (stride, stride)))
    assert isinstance(network.map.cod, Space)
    shape = network.map.cod.shape
    flat = (shape[0], shape[1] * shape[2] * shape[3])
    loss = supervised((network >> layer(primitives.reshape(shape, flat))).map, mean_square(*flat))
    try:
        step = Step(loss, gradient_descent(Fraction(1, 2)), TorchEngine(), backend=backend)
    except MissingExtra as missing:
        pytest.skip(f"not run: {missing}")
    weights = {"conv.weight": torch.tensor([1.0, 0, 0, -1, 0, 1, 1, 0]).reshape(2, 1, 2, 2), "conv.bias": torch.ones(2)}
    step.start(weights)
    x = torch.randint(0, 2, (2, 1, 7, 7), generator=torch.Generator().manual_seed(0)).double()
    return step, (x, torch.zeros(flat, dtype=torch.float64))


@pytest.mark.parametrize("backend", ["python", "native"])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_step_with_a_pool_passes(backend: str, stride: int) -> None:
    report = validate(*step_of(backend, stride))
    assert report.verdict is Strength.SAMPLED, report.summary
    assert {"max_pool", "max_pool_backward"} <= set(report.kernels)


def in_python(change: Callable[[Any, Any, Any], None]) -> Callable[[pytest.MonkeyPatch], None]:
    """``change(out, w, x)`` comes after the kernel."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        right = pools.max_pool_backward

        def wrong(engine: Any, *given: Any) -> Any:
            run = right(engine, *given)

            def changed(out: Any, w: Any, x: Any) -> None:
                run(out, w, x)
                change(out, w, x)

            return changed

        patch.setattr(python_lines, "POOLS", {**pools.POOLS, "max_pool_backward": wrong})

    return plant


def last_of_equals(patch: pytest.MonkeyPatch) -> None:
    """The choice is made on the image upside down."""
    right = pools.max_pool_backward

    def wrong(engine: Any, *given: Any) -> Any:
        run = right(engine, *given)

        def turned(out: Any, w: Any, x: Any) -> None:
            y = torch.empty_like(out)
            run(y, w.flip(-1, -2).contiguous(), x.flip(-1, -2).contiguous())
            out.copy_(y.flip(-1, -2))

        return turned

    patch.setattr(python_lines, "POOLS", {**pools.POOLS, "max_pool_backward": wrong})


def in_c(old: str, new: str, table: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Another text of the function of this name."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        right = c_pools.pool_text

        def wrong(name: str, call: Call) -> str:
            text = right(name, call)
            assert call.kernel != table or old in text
            return text.replace(old, new) if call.kernel == table else text

        patch.setattr("verified_cat.gpu.emit_c.pool_text", wrong)

    return plant


BACK = "max_pool_backward"

PLANTED: dict[str, tuple[str, int, Callable[[pytest.MonkeyPatch], None]]] = {
    "python: the last of equals": ("python", 2, last_of_equals),
    "python: an index too far": ("python", 2, in_python(lambda out, w, x: out.copy_(out.roll(1, -1)))),
    "python: overlaps not added": (
        "python",
        1,
        in_python(lambda out, w, x: out.copy_(torch.where(out > w.max(), w.max(), out))),
    ),
    "c: the last of equals": ("native", 2, in_c("(v > m)", "(v >= m)", BACK)),
    "c: an index too far": ("native", 1, in_c("y[best] +=", "y[best ^ 1] +=", BACK)),
    "c: overlaps not added": ("native", 1, in_c("y[best] +=", "y[best] =", BACK)),
    "c: the other row": ("native", 2, in_c("row == 0", "row != 0", BACK)),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_wrong_pool_is_refuted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    backend, stride, plant = PLANTED[name]
    if backend == "native":
        try:
            native.compiler()
        except MissingExtra as missing:
            pytest.skip(f"not run: {missing}")
    plant(monkeypatch)
    report = validate(*step_of(backend, stride))
    assert report.verdict is Strength.REFUTED, report.summary
    assert any("max_pool" in finding for finding in report.findings), report.findings
