"""Compiled steps against the emitter in Python, calls in groups, what runs twice alike, and what is refused."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
import torch

from verified_cat import primitives
from verified_cat.errors import DataError, MissingExtra, MissingOperation, UsageError
from verified_cat.gpu import emit_c, emit_python, native, planning
from verified_cat.gpu.c_loops import EXPRESSIONS, FUNCTIONS
from verified_cat.gpu.emit_c import emit
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.fusing import Group, fused, over, respected
from verified_cat.gpu.group_storage import allocate, clashes
from verified_cat.gpu.lowering import Call, lower
from verified_cat.gpu.native_step import Native
from verified_cat.gpu.randomness import initial_weights
from verified_cat.gpu.regrouping import taken_apart
from verified_cat.gpu.schedule import Schedule, schedule
from verified_cat.gpu.step import Step
from verified_cat.gpu.views import Role, View, fresh
from verified_cat.networks import Objective, mean_square, perceptron, supervised
from verified_cat.objects import Pair, Space, space, unflatten
from verified_cat.optimiser import adagrad, adam, gradient_descent, momentum, sign_descent
from verified_cat.primitives import Primitive, Shape
from verified_cat.program import Program, Wire, Wires, trace

TENTH = Fraction(1, 10)
RULES = {
    "gradient descent": gradient_descent(TENTH),
    "momentum": momentum(TENTH, Fraction(9, 10)),
    "adam": adam(Fraction(1, 100)),
    "adagrad": adagrad(Fraction(1, 100)),
    "sign descent": sign_descent(Fraction(1, 100)),
}
CLOSE = {"float64": 1e-12, "float32": 3e-5}


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    """A BLAS on one thread, whose sums are in one order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def regression(batch: int, widths: tuple[int, ...], activation: Callable[[Shape], Any]) -> tuple[Objective, Any]:
    network = perceptron(batch, widths, activation)
    return supervised(network.map, mean_square(batch, widths[-1])), network


def both(
    batch: int, widths: tuple[int, ...], activation: Any, rule: Any, dtype: str
) -> tuple[Native, emit_python.Emitted, Schedule]:
    """The native and the Python program of one step, in the same state."""
    objective, network = regression(batch, widths, activation)
    step = Step(objective, rule, TorchEngine(dtype))
    step.start({name: array + 0.1 for name, array in initial_weights(network.map.param, network.names, 0).items()})
    plan = leaf_by_leaf(step)
    compiled, written = emit(plan, step.engine), emit_python.emit(plan, step.engine)
    for one, other, now in zip(compiled.state, written.state, step.emitted.state, strict=True):
        one.copy_(now)
        other.copy_(now)
    return compiled, written, plan


def leaf_by_leaf(step: Step) -> Schedule:
    """The plan of a step as the native backend gets it."""
    return planning.planned(step.program, step.plan.states, step.engine, backend="native")


def batches(batch: int, widths: tuple[int, ...], dtype: torch.dtype, count: int) -> list[tuple[torch.Tensor, ...]]:
    drawn = torch.Generator().manual_seed(0)
    shapes = ((batch, widths[0]), (batch, widths[-1]))
    return [tuple(torch.randn(shape, generator=drawn, dtype=dtype) for shape in shapes) for _ in range(count)]


def same(one: torch.Tensor, other: torch.Tensor, tolerance: float) -> bool:
    return bool(((one - other).abs() <= tolerance * other.abs().clamp_min(1)).all())


# ------------------------------------------------------------------------------------------------ steps


STEPS = [
    ("gradient descent", "float64", 1, (3, 5, 1)),
    ("gradient descent", "float32", 17, (1, 3, 5, 2)),
    ("momentum", "float32", 5, (4, 17, 3)),
    ("adam", "float64", 1, (3, 5, 1)),
    ("adam", "float32", 5, (4, 17, 3)),
    ("adagrad", "float64", 17, (5, 3)),
    ("sign descent", "float64", 3, (4, 17, 3)),
]


@pytest.mark.parametrize(("rule", "dtype", "batch", "widths"), STEPS)
def test_steps_are_those_of_python(rule: str, dtype: str, batch: int, widths: tuple[int, ...]) -> None:
    compiled, written, _ = both(batch, widths, primitives.tanh, RULES[rule], dtype)
    for data in batches(batch, widths, compiled.state[0].dtype, 3):
        compiled.run(*data)
        written.run(*data)
        assert same(compiled.results[0], written.results[0], CLOSE[dtype])
        for one, other in zip(compiled.state, written.state, strict=True):
            assert same(one, other, CLOSE[dtype])


def test_large_products_go_to_the_blas() -> None:
    compiled, written, _ = both(33, (70, 65, 3), primitives.relu, RULES["adam"], "float64")
    assert "vc_gemm_f64(" in compiled.source
    for data in batches(33, (70, 65, 3), torch.float64, 2):
        compiled.run(*data)
        written.run(*data)
        assert all(same(*pair, 1e-10) for pair in zip(compiled.state, written.state, strict=True))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_kernel_of_a_loop_has_its_value(dtype: str) -> None:
    engine, number, shape = TorchEngine(dtype), Fraction(3, 7), (3, 37)
    arguments = {name: text.count("{") - text.count("{n}") for name, text in EXPRESSIONS.items()}
    arguments |= {name: 1 for name in FUNCTIONS} | {"add_product": 3, "add_quotient": 3, "add_scaled": 2, "mix": 2}
    arguments |= {"tanh_backward": 2, "sigmoid_backward": 2, "relu_backward": 2}
    data = [fresh(shape, Role.DATA) for _ in range(3)]
    calls = [
        Call(name, fresh(shape), tuple(data[:count]), (number,) if "{n}" in EXPRESSIONS.get(name, "") else ())
        for name, count in arguments.items()
    ]
    compiled = emit(Schedule(tuple(calls), tuple(data), 0, tuple(call.out for call in calls), {}), engine)
    drawn = torch.Generator().manual_seed(0)
    x, y, z = (torch.rand(shape, generator=drawn, dtype=engine.dtype) + 0.25 for _ in range(3))
    compiled.run(x, y, z)
    c = float(number)
    expected = {
        "copy": x, "negate": -x, "add": x + y, "subtract": x - y, "multiply": x * y, "divide": x / y, "scale": c * x,
        "shift": x + c, "add_scaled": x + c * y, "add_product": x + c * y * z, "add_quotient": x + c * y / z,
        "mix": x + c * (y - x),
        "tanh_backward": x * (1 - y * y), "sigmoid_backward": x * y * (1 - y), "relu_backward": x, "exp": x.exp(),
        "log": x.log(), "reciprocal": 1 / x, "sqrt": x.sqrt(), "sin": x.sin(), "cos": x.cos(), "tanh": x.tanh(),
        "sigmoid": x.sigmoid(), "relu": x, "step": torch.ones_like(x), "softplus": torch.nn.functional.softplus(x),
        "gaussian": torch.exp(-x * x / 2) / 6.283185307179586**0.5, "gaussian_cdf": torch.special.ndtr(x),
    }  # fmt: skip
    assert len(compiled.groups) == 1 and expected.keys() == arguments.keys()
    for call, result in zip(calls, compiled.results, strict=True):
        assert same(result, expected[call.kernel], {"float64": 1e-15, "float32": 5e-7}[dtype] * 4), call.kernel


def test_many_steps_are_the_same_to_the_bit_as_one_by_one() -> None:
    widths = (4, 20, 3)
    one, _, plan = both(5, widths, primitives.sigmoid, RULES["adam"], "float32")
    many = emit(plan, TorchEngine("float32"))
    for old, new in zip(one.state, many.state, strict=True):
        new.copy_(old)
    data = batches(5, widths, torch.float32, 6)
    losses = []
    for each in data:
        one.run(*each)
        losses.append(one.results[0].clone())
    found = many.run_many(6, *(torch.stack(leaves) for leaves in zip(*data, strict=True)))
    assert torch.equal(found[0], torch.stack(losses))
    assert all(torch.equal(*pair) for pair in zip(one.state, many.state, strict=True))
    assert [result.shape for result in many.run_many(0, torch.empty(0, 5, 4), torch.empty(0, 5, 3))] == [(0,)]


def test_bits_do_not_depend_on_where_the_data_lies() -> None:
    widths = (5, 17, 3)
    compiled, _, _ = both(7, widths, primitives.tanh, RULES["gradient descent"], "float32")
    start = [leaf.clone() for leaf in compiled.state]
    data, found = batches(7, widths, torch.float32, 1)[0], []
    for shift in (0, 1, 3):
        for leaf, first in zip(compiled.state, start, strict=True):
            leaf.copy_(first)
        moved = []
        for leaf in data:
            room = torch.empty(leaf.numel() + shift)
            moved.append(room[shift:].view(leaf.shape).copy_(leaf))
        compiled.run(*moved)
        found.append([compiled.results[0].clone(), *(leaf.clone() for leaf in compiled.state)])
    for other in found[1:]:
        assert all(torch.equal(*pair) for pair in zip(found[0], other, strict=True))


def test_threads_take_turns() -> None:
    widths, steps = (8, 16, 4), 40
    compiled, _, plan = both(16, widths, primitives.tanh, RULES["gradient descent"], "float64")
    alone = emit(plan, TorchEngine("float64"))
    for old, new in zip(compiled.state, alone.state, strict=True):
        new.copy_(old)
    data = batches(16, widths, torch.float64, 1)[0]

    def work() -> None:
        for _ in range(steps):
            compiled.run(*data)

    runners = [threading.Thread(target=work) for _ in range(4)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    for _ in range(4 * steps):
        alone.run(*data)
    assert all(torch.equal(*pair) for pair in zip(compiled.state, alone.state, strict=True))


def test_layers_of_one_form_share_their_code() -> None:
    texts = []
    for depth in (8, 256):
        objective, _ = regression(2, (4,) * (depth + 1), primitives.tanh)
        plan = leaf_by_leaf(Step(objective, RULES["gradient descent"], TorchEngine("float32")))
        texts.append(emit(plan, TorchEngine("float32")).source)
    assert texts[0] == texts[1]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_softmax_maximum_and_place_are_those_of_torch(dtype: str) -> None:
    engine, shape = TorchEngine(dtype), (3, 70, 5)

    def run(wires: Wires, x: Wire) -> Any:
        short = _at(wires, "maximum", (x,), shape, (1,))
        placed = _at(wires, "place", (short,), (4, 11), (1, 0), (3, 5), (1, 2))
        rows = [_at(wires, name, (x,), shape, axis) for axis in (1, 2) for name in ("softmax", "log_softmax")]
        return unflatten(_bracketed(6), [*rows, short, placed])

    cod = _object(unflatten(_bracketed(6), [*map(Space, (shape,) * 4), Space((3, 5)), Space((4, 11))]))
    compiled = emit(planned(trace(run, Space(shape), cod), 0), engine)
    x = 30 * torch.randn(shape, dtype=engine.dtype, generator=torch.Generator().manual_seed(0))
    x[0, 0, 0], x[1, 1, 1] = float("nan"), float("inf")
    compiled.run(x)
    placed = torch.zeros(4, 11, dtype=engine.dtype)
    placed[1:4, 0:10:2] = x.amax(1)
    rows = [function(x, axis) for axis in (1, 2) for function in (torch.softmax, torch.log_softmax)]
    for result, expected in zip(compiled.results, [*rows, x.amax(1), placed], strict=True):
        assert torch.allclose(result, expected, CLOSE[dtype], CLOSE[dtype] / 100, equal_nan=True)


def test_results_that_do_not_lie_in_order_are_put_so() -> None:
    def run(wires: Wires, x: Wire) -> Any:
        return _at(wires, "permute", (x,), (2, 3), (1, 0)), _at(
            wires, "permute", (_at(wires, "sin", (x,), (2, 3)),), (2, 3), (1, 0)
        )

    compiled = emit(planned(trace(run, space(2, 3), Pair(space(3, 2), space(3, 2))), 0), TorchEngine("float64"))
    x = torch.arange(6, dtype=torch.float64).reshape(2, 3)
    (moved, waved) = compiled.run_many(1, x[None])
    assert torch.equal(moved[0], x.t()) and same(waved[0], x.sin().t(), 1e-15)


@pytest.mark.parametrize("form", ["a temporary", "a row", "data", "a factor too"])
def test_products_are_added_where_nothing_is_lost(form: str) -> None:
    """2 z - 3 x y, for z that may be used up, that is one row, that is not ours, and that is also x."""
    engine, square = TorchEngine("float64"), (3, 3)
    given, x, y = (fresh(square, Role.DATA) for _ in range(3))
    z = fresh((3,)) if form == "a row" else fresh(square)
    row = View(given.buffer, (3,), (1,))
    made = Call("sin", z, (row if form == "a row" else given,))
    added = {"a row": z.broadcast(square, (0,)), "data": given}.get(form, z)
    left = z if form == "a factor too" else x
    out = fresh(square)
    product = Call("product", out, (added, left, y), (Fraction(2), Fraction(-3)))
    plan = Schedule((made, product), (given, x, y), 0, (out,), {})
    assert (taken_apart(plan).results[0].buffer is z.buffer) is (form == "a temporary")
    drawn = torch.Generator().manual_seed(0)
    g, a, b = (torch.randn(square, generator=drawn, dtype=torch.float64) for _ in range(3))
    compiled = emit(plan, engine)
    compiled.run(g, a, b)
    term = {"a row": g.sin()[0].expand(3, 3), "data": g}.get(form, g.sin())
    assert same(compiled.results[0], 2 * term - 3 * (g.sin() if form == "a factor too" else a) @ b, 1e-14)


# ------------------------------------------------------------------------------------------------ random programs


def random_program(seed: int) -> Program:
    """A state of three matrices and two inputs, through twenty operations of the table; a new state and two results."""
    drawn = random.Random(seed)
    sizes = [drawn.choice((0, 1, 2, 3, 5, 17)) if seed % 5 == 0 else drawn.choice((1, 2, 3, 5, 17)) for _ in range(3)]
    shapes = [tuple(drawn.choice(sizes) for _ in range(drawn.randint(0, 3))) for _ in range(5)]
    objects = unflatten(_bracketed(5), [Space(shape) for shape in shapes])
    dom = _object(objects)
    cod = _object(unflatten(_bracketed(5), [Space(shape) for shape in (*shapes[:3], (), shapes[3])]))

    def run(wires: Wires, given: Any) -> Any:
        pool: list[Wire] = _flat(given)
        for _ in range(20):
            pool.append(_drawn(wires, drawn, pool))
        total = wires.constant((), Fraction(0))
        for wire in pool:
            total = _at(wires, "add", (wire_sum(wires, wire), total), ())
        outputs = [_fitted(wires, drawn, pool, shape) for shape in shapes[:4]]
        return unflatten(_bracketed(5), [*outputs[:3], _at(wires, "tanh", (total,), ()), outputs[3]])

    return trace(run, dom, cod)


def _bracketed(count: int) -> Any:
    found: Any = space()
    for _ in range(count - 1):
        found = Pair(found, space())
    return found


def _object(value: Any) -> Any:
    return Pair(_object(value[0]), _object(value[1])) if isinstance(value, tuple) else value


def _flat(value: Any) -> list[Any]:
    return [*_flat(value[0]), *_flat(value[1])] if isinstance(value, tuple) else [value]


def _at(wires: Wires, name: str, args: tuple[Wire, ...], *arguments: Any) -> Wire:
    value = args[0] if len(args) == 1 else args
    return wires.operation(Primitive(name, arguments))(value)  # type: ignore[no-any-return]


def wire_sum(wires: Wires, wire: Wire) -> Wire:
    axes = tuple(range(len(wire.shape)))
    return _at(wires, "sum", (wire,), wire.shape, axes) if axes else wire


def _drawn(wires: Wires, drawn: random.Random, pool: list[Wire]) -> Wire:
    """Another operation at wires of the pool."""
    x = drawn.choice(pool)
    shape, rank = x.shape, len(x.shape)
    alike = drawn.choice([wire for wire in pool if wire.shape == shape])
    kind = drawn.choice(("function", "function", "add", "multiply", "scale", "sum", "broadcast", "permute", "product"))
    if kind in ("add", "multiply"):
        return _at(wires, "tanh", (_at(wires, kind, (x, alike), shape),), shape)
    if kind == "scale":
        return _at(wires, "scale", (x,), Fraction(drawn.randint(-9, 9), 7), shape)
    if kind == "sum" and rank:
        axes = tuple(sorted(drawn.sample(range(rank), drawn.randint(1, rank))))
        return _at(wires, "scale", (_at(wires, "sum", (x,), shape, axes),), Fraction(1, 9), _left(shape, axes))
    if kind == "broadcast" and rank < 3:
        axis = drawn.randint(0, rank)
        wide = (*shape[:axis], drawn.choice((1, 2, 5)), *shape[axis:])
        return _at(wires, "broadcast", (x,), wide, (axis,))
    if kind == "permute" and rank:
        return _at(wires, "permute", (x,), shape, tuple(drawn.sample(range(rank), rank)))
    if kind == "product" and rank >= 2:
        return _product(wires, drawn, x)
    return _at(wires, drawn.choice(("sin", "cos", "tanh", "sigmoid", "relu", "gaussian")), (x,), shape)


def _left(shape: Shape, axes: tuple[int, ...]) -> Shape:
    return tuple(length for axis, length in enumerate(shape) if axis not in axes)


def _product(wires: Wires, drawn: random.Random, x: Wire) -> Wire:
    """x xᵀ or xᵀ x over the last axes."""
    letters = "bij"[3 - len(x.shape) :]
    batch = "b" if len(letters) == 3 else ""
    subscripts = drawn.choice((f"{batch}ij,{batch}kj->{batch}ik", f"{batch}ij,{batch}ik->{batch}jk"))
    return _at(wires, "contract", (x, x), subscripts, x.shape, x.shape)


def _fitted(wires: Wires, drawn: random.Random, pool: list[Wire], shape: Shape) -> Wire:
    """Something of the pool of this shape, kept small."""
    wire = drawn.choice([wire for wire in pool if wire.shape == shape])
    return _at(wires, "scale", (_at(wires, "sin", (wire,), shape),), Fraction(1, 2), shape)


def planned(program: Program, states: int) -> Schedule:
    roles = (Role.STATE,) * states + (Role.DATA,) * (len(program.inputs) - states)
    return schedule(lower(program, roles), states)


@pytest.mark.parametrize("seed", range(10, 16))
def test_random_programs_are_those_of_python(seed: int) -> None:
    plan, engine = planned(random_program(seed), 3), TorchEngine("float64")
    apart = taken_apart(plan)
    groups = fused(apart.calls)
    assert respected(apart.calls, groups)
    assert not clashes(groups, apart.results, allocate(groups, apart.results).offsets)
    compiled, written = emit(plan, engine), emit_python.emit(plan, engine)
    drawn = torch.Generator().manual_seed(seed)
    for one, other in zip(compiled.state, written.state, strict=True):
        one.copy_(other.copy_(torch.randn(other.shape, generator=drawn, dtype=torch.float64)))
    for _ in range(3):
        data = [torch.randn(view.shape, generator=drawn, dtype=torch.float64) for view in plan.inputs[3:]]
        compiled.run(*data)
        written.run(*data)
        for one, other in zip((*compiled.state, *compiled.results), (*written.state, *written.results), strict=True):
            assert same(one, other, 1e-9)


# ------------------------------------------------------------------------------------------------ calls in groups


def test_a_group_keeps_what_only_it_needs_to_itself() -> None:
    compiled, _, plan = both(8, (16, 16), primitives.tanh, RULES["adam"], "float32")
    updates = [group for group in compiled.groups if group.space == (16, 16)]
    assert len(updates) == 1 and len(updates[0].calls) >= 8, "the whole update of a leaf is one loop"
    temporaries = [call.out.buffer for call in updates[0].calls if call.out.buffer.role is Role.TEMPORARY]
    assert temporaries and all(compiled.is_local(buffer) for buffer in temporaries)
    assert compiled.arena < emit_python.emit(plan, TorchEngine("float32")).arena


def chained(*reads: View) -> tuple[Call, list[Call]]:
    """A call that writes a square of 3 × 3, and calls that read it as these views."""
    first = Call("sin", fresh((3, 3)), (fresh((3, 3), Role.DATA),))
    return first, [Call("cos", fresh(view.shape), (View(first.out.buffer, *_form(view)),)) for view in reads]


def _form(view: View) -> tuple[Shape, Shape, int]:
    return view.shape, view.strides, view.offset


@pytest.mark.parametrize(
    ("view", "together"),
    [
        (View(fresh(()).buffer, (3, 3), (3, 1)), True),
        (View(fresh(()).buffer, (9,), (1,)), True),
        (View(fresh(()).buffer, (3, 3), (1, 3)), False),
        (View(fresh(()).buffer, (3, 3), (0, 1)), False),
        (View(fresh(()).buffer, (2, 3), (3, 1), 3), False),
    ],
)
def test_only_equal_entries_at_equal_indices_are_fused(view: View, together: bool) -> None:
    first, (second,) = chained(view)
    groups = fused([first, second])
    assert (len(groups) == 1) is together
    assert respected([first, second], groups)
    members = [over(call, (3, 3)) for call in (first, second)]
    if all(member is not None for member in members):
        forced = Group(tuple(member for member in members if member is not None), (3, 3))
        assert respected([first, second], [forced]) is together


def test_a_sum_is_not_read_in_its_group() -> None:
    x = fresh((4, 3), Role.DATA)
    total = Call("sum", fresh((3,)), (x,), (), ((4, 3), (0,)))
    spread = Call("add", fresh((4, 3)), (x, total.out.broadcast((4, 3), (0,))))
    assert [len(group.calls) for group in fused([total, spread])] == [1, 1]
    beside = Call("sin", fresh((4, 3)), (x,))
    assert [len(group.calls) for group in fused([total, beside])] == [2]


def test_groups_in_the_wrong_order_are_noticed() -> None:
    first, (second,) = chained(View(fresh(()).buffer, (3, 3), (1, 3)))
    groups = fused([first, second])
    assert respected([first, second], groups) and not respected([first, second], groups[::-1])
    assert not respected([first, second], groups[:1])


def test_a_walk_stops_before_each_group() -> None:
    compiled, _, plan = both(5, (4, 17, 3), primitives.tanh, RULES["gradient descent"], "float64")
    whole = emit(plan, TorchEngine("float64"))
    for old, new in zip(compiled.state, whole.state, strict=True):
        new.copy_(old)
    data = batches(5, (4, 17, 3), torch.float64, 1)[0]
    whole.run(*data)
    seen = 0
    for place in compiled.walk(*data):
        assert place == seen
        if place:
            for call in compiled.groups[place - 1].calls:
                if call.kernel == "tanh" and not compiled.is_local(call.out.buffer):
                    assert bool((compiled.tensor(call.out).abs() < 1).all())
        if place < len(compiled.groups) and compiled.groups[place].space is None:
            x, y = (compiled.tensor(view, data) for view in compiled.groups[place].calls[0].args[-2:])
            assert x.shape[1] == y.shape[0]
        seen += 1
    assert seen == len(compiled.groups) + 1
    assert all(torch.equal(*pair) for pair in zip(compiled.state, whole.state, strict=True))


# ------------------------------------------------------------------------------------------------ what is refused


def test_data_that_is_not_that_of_the_step_changes_nothing() -> None:
    compiled, _, _ = both(5, (4, 3), primitives.tanh, RULES["gradient descent"], "float32")
    x, y = batches(5, (4, 3), torch.float32, 1)[0]
    before = [leaf.clone() for leaf in compiled.state]
    for data, words in (
        ((x,), "2 leaves of data, not 1"),
        ((x, y, y), "2 leaves of data, not 3"),
        ((x, y.tolist()), "leaf 1 of the data of a native step is a tensor, not list"),
        ((x[:4], y), r"leaf 0 .* has the shape \(5, 4\), not \(4, 4\)"),
        ((x.double(), y), "leaf 0 .* the dtype torch.float32, not torch.float64"),
        ((x, y.to("meta")), "leaf 1 .* is on the CPU, not on meta"),
        ((x.t().contiguous().t(), y), r"leaf 0 .* is contiguous, not of strides \(1, 5\)"),
    ):
        with pytest.raises(DataError, match=words):
            compiled.run(*data)
        with pytest.raises(DataError):
            compiled.run_many(1, *data)
    assert all(torch.equal(*pair) for pair in zip(before, compiled.state, strict=True))


def test_kernels_without_c_are_named() -> None:
    x, y = fresh((2,), Role.DATA), fresh((2,))
    plan = Schedule((Call("all_reduce", y, (x,)),), (x,), 0, (y,), {})
    with pytest.raises(MissingOperation, match=r"no C for these kernels of the step: all_reduce \(1\)"):
        emit(plan, TorchEngine("float32"))


def test_another_dtype_is_refused() -> None:
    _, _, plan = both(2, (2, 1), primitives.tanh, RULES["gradient descent"], "float64")
    with pytest.raises(UsageError, match="on the CPU in float32 or float64, not torch-bfloat16"):
        emit(plan, TorchEngine("bfloat16"))


def test_no_compiler_and_a_compiler_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, plan = both(2, (2, 1), primitives.tanh, RULES["gradient descent"], "float64")
    monkeypatch.setattr(emit_c, "FLAGS", ("-fno-such-flag-at-all",))
    with pytest.raises(native.NativeError, match="did not compile our C source"):
        emit(plan, TorchEngine("float64"))
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(MissingExtra, match="there is no command 'no-such-compiler'"):
        emit(plan, TorchEngine("float64"))


def test_the_best_backend_is_the_native_one_where_it_can() -> None:
    objective, _ = regression(2, (2, 1), primitives.tanh)
    rule = RULES["gradient descent"]
    assert isinstance(Step(objective, rule, TorchEngine("float64"), backend="best").emitted, Native)
    assert isinstance(Step(objective, rule, TorchEngine("float64"), backend="native").emitted, Native)
    found = Step(objective, rule, TorchEngine("bfloat16"), backend="best").emitted
    assert isinstance(found, emit_python.Emitted)
