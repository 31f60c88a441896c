"""From operations to kernels on views: views are those of NumPy, kernels have meanings, folds are equations."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import primitives  # noqa: E402
from verified_cat.errors import BoundaryError, MissingExtra  # noqa: E402
from verified_cat.gpu import choosing, lowering, meanings, python_lines  # noqa: E402
from verified_cat.gpu.choosing import Chooser  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.lowering import Call, lower  # noqa: E402
from verified_cat.gpu.randomness import initial_weights  # noqa: E402
from verified_cat.gpu.schedule import Schedule, schedule  # noqa: E402
from verified_cat.gpu.step import Step  # noqa: E402
from verified_cat.gpu.views import Role, View, fresh, fresh_like, row_major  # noqa: E402
from verified_cat.instances import instance  # noqa: E402
from verified_cat.interpreting import Memory, OutsideMemory, reach, run, within  # noqa: E402
from verified_cat.machine import differentiate  # noqa: E402
from verified_cat.networks import dense, mean_square, supervised  # noqa: E402
from verified_cat.objects import Ob, Pair, Space, flatten, leaves, unflatten  # noqa: E402
from verified_cat.optimiser import gradient_descent  # noqa: E402
from verified_cat.program import Program, Wires, program, running, trace  # noqa: E402
from verified_cat.reference import Engine  # noqa: E402
from verified_cat.reference.decide import decide_values  # noqa: E402
from verified_cat.reference.modular import ModularEngine  # noqa: E402
from verified_cat.terms import Copy, Identity, Pairing, Second, Term  # noqa: E402

TWO = (2,)
SQUARE = (2, 2)
C, D = Fraction(2, 3), Fraction(-5, 7)

# ------------------------------------------------------------------------------------------------ views


def random_view(draw: Random) -> tuple[View, Any]:
    """A view after some random moves, and the NumPy array that the same moves give."""
    shape = tuple(draw.choice((1, 2, 3, 4)) for _ in range(draw.choice((1, 2, 3))))
    view = fresh(shape)
    array = np.arange(view.entries).reshape(shape)
    for _ in range(draw.choice((1, 2, 3, 4))):
        view, array = _moves(draw, view, array)
    return view, array


def _moves(draw: Random, view: View, array: Any) -> tuple[View, Any]:
    move = draw.choice(("permute", "broadcast", "slice", "reshape"))
    rank = len(view.shape)
    if move == "permute":
        order = tuple(draw.sample(range(rank), rank))
        return view.permuted(order), array.transpose(order)
    if move == "broadcast" and rank < 5:
        axis, length = draw.randrange(rank + 1), draw.choice((1, 2, 3))
        shape = (*view.shape[:axis], length, *view.shape[axis:])
        return view.broadcast(shape, (axis,)), np.broadcast_to(np.expand_dims(array, axis), shape)
    if move == "slice" and rank:
        starts = tuple(draw.randrange(length) for length in view.shape)
        steps = tuple(draw.choice((1, 2)) for _ in view.shape)
        lengths = tuple(1 + (n - 1 - s) // e for n, s, e in zip(view.shape, starts, steps, strict=True))
        index = tuple(slice(s, None, e) for s, e in zip(starts, steps, strict=True))
        return view.sliced(starts, lengths, steps), array[index]
    found = view.reshaped(target := _other_shape(draw, view.entries))
    wanted = array.reshape(target)
    if found is None:
        assert not np.shares_memory(wanted, array), (view, target)
        return view, array
    return found, wanted


def _other_shape(draw: Random, entries: int) -> tuple[int, ...]:
    shape: list[int] = []
    while entries > 1:
        factor = draw.choice([each for each in range(2, entries + 1) if entries % each == 0])
        shape.append(factor)
        entries //= factor
    for _ in range(draw.choice((0, 0, 1))):
        shape.insert(draw.randrange(len(shape) + 1), 1)
    return tuple(shape)


def test_views_are_those_of_numpy_and_torch() -> None:
    draw = Random(0)
    for _ in range(2000):
        view, array = random_view(draw)
        flat = np.arange(view.buffer.entries)
        memory = Memory(lambda entries, flat=flat: flat)  # type: ignore[misc]
        assert view.shape == array.shape and np.array_equal(memory.read(view), array)
        tensor = torch.arange(view.buffer.entries).as_strided(view.shape, view.strides, view.offset)
        assert np.array_equal(tensor.numpy(), array)
        within(view)
        assert (min(array.flat), max(array.flat)) == reach(view)
        assert view.is_contiguous == (view.compact == replace(view, strides=row_major(view.shape)).compact)
        distinct = len(set(array.flat)) == array.size
        covered = distinct and max(array.flat) - min(array.flat) + 1 == array.size
        assert view.is_dense == covered, view
        if view.is_dense:
            assert fresh_like(view).compact == view.compact


def test_a_view_outside_its_buffer_is_seen() -> None:
    view = fresh((2, 3))
    for wrong in (replace(view, offset=1), replace(view, strides=(4, 1)), replace(view, offset=-1)):
        with pytest.raises(OutsideMemory):
            within(wrong)
    with pytest.raises(ValueError, match="6 entries"):
        view.reshaped((4,))


# ------------------------------------------------------------------------------------------------ meanings


def kernels_named_in(module: Any, functions: tuple[str, ...]) -> set[str]:
    """The words that stand first in the calls of these functions: the kernels that the code can choose."""
    found = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in functions:
                words = ast.walk(node.args[0])
                found |= {
                    word.value for word in words if isinstance(word, ast.Constant) and isinstance(word.value, str)
                }
    return found


def test_every_kernel_has_a_meaning() -> None:
    chosen = kernels_named_in(choosing, ("Choice",)) - set(lowering._PLACED)
    called = kernels_named_in(lowering, ("call", "Call")) | {"copy", "product", "batched_product"}
    assert {"add_scaled", "tanh_backward"} <= chosen and {"multiply", "batched_product"} <= called
    known = set(meanings.FUSED) | set(primitives.TABLE)
    named = chosen | called | set(python_lines.LINES) | set(lowering.ENTRYWISE)
    assert named - known - {"leaky_relu"} == set()


def test_no_meaning_is_of_a_kernel_that_there_is_not() -> None:
    chosen = kernels_named_in(choosing, ("Choice",)) | kernels_named_in(lowering, ("call", "Call"))
    assert set(meanings.FUSED) - chosen - {"copy", "product", "batched_product"} == set()


def test_a_call_that_does_not_fit_its_kernel_is_refused() -> None:
    x, y = fresh((2, 3)), fresh((3, 2))
    assert meanings.meaning(Call("product", fresh((2, 2)), (x, y), (Fraction(0), Fraction(1)))).cod == Space((2, 2))
    with pytest.raises(BoundaryError, match="the call goes from"):
        meanings.meaning(Call("product", fresh((2, 3)), (x, y), (Fraction(0), Fraction(1))))
    with pytest.raises(BoundaryError):
        meanings.meaning(Call("copy", y, (x,)))


# ------------------------------------------------------------------------------------------------ folding rules


def beside(*shapes: tuple[int, ...]) -> Ob:
    """A ⊗ (B ⊗ …)."""
    whole: Ob = Space(shapes[-1])
    for shape in reversed(shapes[:-1]):
        whole = Pair(Space(shape), whole)
    return whole


def of(run: Callable[..., Any], *shapes: tuple[int, ...]) -> Program:
    """The program of code on wires, with an input of each shape; its operations are those of the table."""

    def traced(wires: Any, given: Any) -> Any:
        table = {name: _on(wires, name) for name in primitives.TABLE}
        return run(table, *flatten(beside(*shapes), given))

    wires = Wires()
    shape = traced(wires, wires.inputs(beside(*shapes))).shape
    return trace(traced, beside(*shapes), Space(shape))


def _on(wires: Any, name: str) -> Callable[..., Any]:
    def apply(*given: Any) -> Any:
        args = [each for each in given if hasattr(each, "serial")]
        arguments = tuple(each for each in given if not hasattr(each, "serial"))
        if not arguments:
            arguments = (args[0].shape,)
        elif name == "scale":
            arguments = (*arguments, args[0].shape)
        elif name == "contract":
            arguments = (*arguments, args[0].shape, args[1].shape)
        elif name in ("sum", "permute"):
            arguments = (args[0].shape, *arguments)
        return wires.at(primitives.Primitive(name, arguments), tuple(args))

    return apply


def slope(name: str, shape: tuple[int, ...]) -> Program:
    """(x, w) ↦ f'(x) w, as reverse mode makes it."""
    term: Term = getattr(primitives, name)(shape)
    return trace(
        lambda wires, given: differentiate(term, given[0], wires)[1](given[1]), beside(shape, shape), Space(shape)
    )


def slope_and_value(name: str, shape: tuple[int, ...]) -> Program:
    """(x, w) ↦ (f(x), f'(x) w)."""
    term: Term = getattr(primitives, name)(shape)

    def both(wires: Any, given: Any) -> Any:
        value, back = differentiate(term, given[0], wires)
        return value, back(given[1])

    return trace(both, beside(shape, shape), beside(shape, shape))


FOLDS: dict[str, tuple[str, Program]] = {
    "x + c": ("shift", of(lambda t, x: t["add"](x, t["constant"](TWO, (C,))), TWO)),
    "z z + x y": (
        "product",
        of(lambda t, z, x, y: t["add"](t["multiply"](z, z), t["contract"]("ij,jk->ik", x, y)), (2, 1), SQUARE, (2, 1)),
    ),
    "z z + the transpose of x y": (
        "product",
        of(
            lambda t, z, x, y: t["add"](t["multiply"](z, z), t["contract"]("ij,jk->ki", x, y)),
            (3, 2), SQUARE, (2, 3),
        ),
    ),
    "a x y": ("product", of(lambda t, x, y: t["scale"](C, t["contract"]("ij,jk->ik", x, y)), SQUARE, (2, 1))),
    "-x y": ("product", of(lambda t, x, y: t["negate"](t["contract"]("ij,j->i", x, y)), SQUARE, TWO)),
    "x y for every b": (
        "batched_product", of(lambda t, x, y: t["contract"]("bij,bjk->bik", x, y), (2, 1, 2), (2, 2, 1)),
    ),
    "x y with axes in another order": (
        "batched_product", of(lambda t, x, y: t["contract"]("bij,bkj->kbi", x, y), (2, 1, 2), (2, 2, 2)),
    ),
    "x y without a sum": ("multiply", of(lambda t, x, y: t["contract"]("i,j->ji", x, y), TWO, (3,))),
    "z + c x / y": (
        "add_quotient",
        of(lambda t, z, x, y: t["add"](z, t["scale"](C, t["multiply"](x, t["reciprocal"](y)))), TWO, TWO, TWO),
    ),
    "z - x y entry by entry": (
        "add_product", of(lambda t, z, x, y: t["add"](z, t["negate"](t["multiply"](x, y))), TWO, TWO, TWO),
    ),
    "x - y": ("subtract", of(lambda t, x, y: t["add"](x, t["negate"](y)), TWO, TWO)),
    "x + c y": ("add_scaled", of(lambda t, x, y: t["add"](x, t["scale"](C, y)), TWO, TWO)),
    "c x + d y": ("add_scaled", of(lambda t, x, y: t["add"](t["scale"](D, x), t["scale"](C, y)), TWO, TWO)),
    "a x + (1 - a) y": (
        "mix", of(lambda t, x, y: t["add"](t["scale"](Fraction(2, 7), x), t["scale"](Fraction(5, 7), y)), TWO, TWO),
    ),
    "x / y": ("divide", of(lambda t, x, y: t["multiply"](x, t["reciprocal"](y)), TWO, TWO)),
    "w (1 - y y)": ("tanh_backward", slope("tanh", TWO)),
    "w y (1 - y)": ("sigmoid_backward", slope("sigmoid", TWO)),
    "w step(x)": ("relu_backward", slope("relu", TWO)),
    "w step(relu x)": ("relu_backward", slope_and_value("relu", TWO)),
}  # fmt: skip


def planned(made: Program) -> Schedule:
    return schedule(lower(made, (Role.DATA,) * len(made.inputs)), 0)


def both_sides(made: Program, plan: Schedule) -> tuple[Any, Any]:
    """The outputs of a program and of its schedule on expressions of its inputs."""
    engine = Engine()
    x = engine.symbols(made.dom)
    inputs = flatten(made.dom, x)

    def lifted(shape: Any, values: Any) -> Any:
        return np.broadcast_to(engine.lift(Space((len(values),)), tuple(values)), shape)

    def nothing(entries: int) -> Any:
        return engine.lift(Space((entries,)), (Fraction(10**6),) * entries)

    _, results = run(plan, Memory(nothing), engine, inputs, lifted)
    found = unflatten(made.cod, [np.array(each, dtype=object) for each in results])
    return engine.lower(made.cod, running(made, engine)(x)), engine.lower(made.cod, found)


@pytest.mark.parametrize("name", FOLDS)
def test_a_folding_rule_is_an_equation(name: str) -> None:
    kernel, made = FOLDS[name]
    plan = planned(made)
    assert kernel in [call.kernel for call in plan.calls], [call.kernel for call in plan.calls]
    found = decide_values(made.cod, *both_sides(made, plan))
    assert found.verdict == "equal", str(found)


def wrongly(call: Call) -> list[Call]:
    """The call with each of its numbers another one, and with its arguments in another order where they fit."""
    found = [
        replace(call, numbers=(*call.numbers[:place], number + 1, *call.numbers[place + 1 :]))
        for place, number in enumerate(call.numbers)
        if len(call.args) == 3 or call.kernel not in ("product", "batched_product") or place
    ]
    alike = len({arg.shape for arg in call.args}) == 1 and len(call.args) > 1
    symmetric = call.kernel in ("multiply",)
    return found + ([replace(call, args=call.args[::-1])] if alike and not symmetric else [])


@pytest.mark.parametrize("name", FOLDS)
def test_a_wrong_rule_is_refuted(name: str) -> None:
    kernel, made = FOLDS[name]
    plan = planned(made)
    place = next(place for place, call in enumerate(plan.calls) if call.kernel == kernel)
    for wrong in wrongly(plan.calls[place]):
        calls = (*plan.calls[:place], wrong, *plan.calls[place + 1 :])
        found = decide_values(made.cod, *both_sides(made, replace(plan, calls=calls)))
        assert found.verdict == "different", (str(found), wrong)


def test_what_is_read_twice_is_not_folded() -> None:
    """A product that somebody else reads is computed once, by itself."""

    def run(t: Any, z: Any, x: Any, y: Any) -> Any:
        product = t["contract"]("ij,jk->ik", x, y)
        return t["multiply"](t["add"](z, product), product)

    made = of(run, SQUARE, SQUARE, SQUARE)
    assert [call.kernel for call in planned(made).calls] == ["product", "add", "multiply"]


UPDATES: dict[str, Callable[..., Any]] = {
    "w + x y": lambda t, w, product: t["add"](w, product),
    "c w + x y": lambda t, w, product: t["add"](t["scale"](C, w), product),
    "x y - w": lambda t, w, product: t["add"](product, t["negate"](w)),
    "w + d x y": lambda t, w, product: t["add"](w, t["scale"](D, product)),
    "w w - x y": lambda t, w, product: t["add"](t["multiply"](w, w), t["negate"](product)),
}


@pytest.mark.parametrize("name", UPDATES)
def test_no_input_and_nothing_with_a_factor_is_added_to_term_by_term(name: str) -> None:
    """As a BLAS may do it; the product is a number of its own before it is added."""
    made = of(lambda t, w, x, y: UPDATES[name](t, w, t["contract"]("ij,jk->ik", x, y)), SQUARE, SQUARE, SQUARE)
    calls = planned(made).calls
    assert [len(call.args) for call in calls if call.kernel == "product"] == [2] and len(calls) > 1


ROWS = 1024


@pytest.mark.parametrize("backend", ["python", "native"])
@pytest.mark.parametrize("inputs", [1, 4, 32])
@pytest.mark.parametrize("columns", [1, 3, 8, 20])
def test_a_step_that_is_small_against_its_weight_is_made(inputs: int, columns: int, backend: str) -> None:
    """1 - Σ 2⁻²⁶ over 1024 rows is 1 - 2⁻¹⁶ in float32, and 1 where each row is taken off by itself.

    Everything is a power of 2 but the targets, which are exact, so the step is: the loss is Σ (x W + b - y)² / 1024
    with x = 1, W = 1, b = 0, y = inputs - 2⁻⁸, the rate 2⁻⁹.
    """
    network = dense(ROWS, inputs, columns)
    objective = supervised(network.map, mean_square(ROWS, columns))
    try:
        step = Step(objective, gradient_descent(Fraction(1, 2**9)), TorchEngine("float32"), backend=backend)
    except MissingExtra as missing:
        pytest.skip(f"not run: {missing}")
    weights = initial_weights(network.map.param, network.names, seed=0)
    step.start({name: np.full_like(array, array.ndim == 2) for name, array in weights.items()})
    step.step(torch.ones(ROWS, inputs), torch.full((ROWS, columns), inputs - 2.0**-8))
    for leaf in step.parameters():
        assert torch.equal(leaf, torch.full_like(leaf, (leaf.ndim == 2) - 2.0**-16)), leaf


# ------------------------------------------------------------------------------------------------ random programs


def differing(made: Program, plan: Schedule, seed: int) -> list[int]:
    """The outputs that a program and its schedule make differently of a random point, modulo a random prime."""
    engine = ModularEngine(Random(seed))
    x = engine.random(made.dom)
    memory = Memory(lambda entries: np.array(engine.random(Space((entries,)))))
    state, results = run(plan, memory, engine, flatten(made.dom, x), engine.constant)
    expected = flatten(made.cod, running(made, engine)(x))
    pairs = zip(expected, [*state, *results], strict=True)
    return [place for place, (one, other) in enumerate(pairs) if not np.array_equal(one, other)]


def test_the_calls_of_random_terms_are_their_programs() -> None:
    kernels = set()
    for index in range(400):
        made = program(instance(11, index).term)
        plan = planned(made)
        assert not differing(made, plan, index), index
        kernels |= {call.kernel for call in plan.calls}
    assert {"product", "batched_product", "shift", "subtract", "copy", "sum"} <= kernels


def test_the_calls_of_random_derivatives_are_their_programs() -> None:
    for index in range(200):
        term = instance(12, index).term

        def both(wires: Any, given: Any, term: Term = term) -> Any:
            value, back = differentiate(term, given[0], wires)
            return value, back(given[1])

        made = trace(both, Pair(term.dom, term.cod), Pair(term.cod, term.dom))
        assert not differing(made, planned(made), index), index


def test_what_no_chosen_kernel_reads_is_not_computed() -> None:
    made = program(Pairing(primitives.exp(TWO), Identity(Space(TWO))) >> Second(Space(TWO), Space(TWO)))
    assert [call.kernel for call in planned(made).calls] == ["copy"]  # no exp; the result is data, which are kept
    made = slope_and_value("tanh", TWO)
    assert len(Chooser(made).choices()) < len(made.wires)
    assert sorted(call.kernel for call in planned(made).calls) == ["tanh", "tanh_backward"]


def test_the_views_of_a_program_fit_its_outputs() -> None:
    made = program(Copy(Space((2, 3))) >> (Identity(Space((2, 3))) @ primitives.permute((2, 3), (1, 0))))
    lowered = lower(made, (Role.DATA,))
    assert [view.shape for view in lowered.outputs] == [leaf.shape for leaf in leaves(made.cod)]  # type: ignore[attr-defined]
    assert lowered.outputs[0].buffer is lowered.outputs[1].buffer is lowered.inputs[0].buffer
    assert not lowered.calls
