"""Small leaves in one row: the same map, the same numbers to the bit, fewer calls, and nothing out of its order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat import primitives  # noqa: E402
from verified_cat.draw import Style, draw_term, seeded  # noqa: E402
from verified_cat.fuzzing import random_step  # noqa: E402
from verified_cat.gpu import alike, planning  # noqa: E402
from verified_cat.gpu.engine import TorchEngine  # noqa: E402
from verified_cat.gpu.lowering import ENTRYWISE, Call, lower  # noqa: E402
from verified_cat.gpu.randomness import initial_weights  # noqa: E402
from verified_cat.gpu.schedule import Schedule, readable_order, schedule  # noqa: E402
from verified_cat.gpu.side_by_side import side_by_side  # noqa: E402
from verified_cat.gpu.step import Step  # noqa: E402
from verified_cat.gpu.storage import allocate, conflicts  # noqa: E402
from verified_cat.gpu.views import Role, View  # noqa: E402
from verified_cat.interpreting import Memory, run, unlawful  # noqa: E402
from verified_cat.networks import mean_square, perceptron, supervised  # noqa: E402
from verified_cat.objects import Ob, Pair, Space, flatten, leaves  # noqa: E402
from verified_cat.optimiser import Optimiser, adam, gradient_descent, momentum  # noqa: E402
from verified_cat.primitives import Primitive  # noqa: E402
from verified_cat.program import Outside, Program, program, trace  # noqa: E402
from verified_cat.reference.modular import ModularEngine  # noqa: E402

A, B = Space((3,)), Space((5,))
ADAM = adam(Fraction(1, 100))


def network(
    rule: Optimiser = ADAM, widths: tuple[int, ...] = (3, 16, 5, 1), dtype: str = "float32"
) -> tuple[Step, list[Any]]:
    """A step of a network at its first weights, and a batch."""
    model = perceptron(7, widths, primitives.tanh)
    step = Step(supervised(model.map, mean_square(7, widths[-1])), rule, TorchEngine(dtype))
    step.start(initial_weights(model.map.param, model.names, 0))
    numbers = torch.Generator().manual_seed(0)
    return step, [
        torch.randn(7, width, generator=numbers, dtype=step.engine.dtype) for width in (widths[0], widths[-1])
    ]


def apart(step: Step) -> Step:
    """The same step with every leaf by itself, in the same state."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planning, "side_by_side", lambda plan: plan)
        other = Step(step.objective, step.rule, step.engine, paced=step.paced)
    other.restore(step.saved())
    return other


def same_bits(step: Step, data: list[Any], count: int = 3) -> bool:
    """Whether a step and the one with leaves by themselves make the same of states and losses."""
    other = apart(step)
    losses = [(step.step(*data).clone(), other.step(*data).clone()) for _ in range(count)]
    pairs = [*losses, *zip(step.state(), other.state(), strict=True)]
    return all(np.array_equal(one.numpy(), two.numpy(), equal_nan=True) for one, two in pairs)


def is_sound(plan: Schedule, before: Schedule, seed: int) -> list[Any]:
    """What is wrong with a plan that should be another one: its map, its order, its overwriting, its memory."""
    storage = allocate(plan)
    wrong = [*unlawful(plan, storage), *conflicts(plan, storage), *_overlapping(plan)]
    wrong += [] if readable_order(plan) else ["a call reads what is not there yet"]
    engine = ModularEngine(Random(seed))
    given = [engine.random(Space(view.shape)) for view in plan.inputs]
    results = []
    for each in (plan, before):
        memory = Memory(lambda entries: np.array(engine.random(Space((entries,)))), allocate(each))
        state, values = run(each, memory, engine, given, engine.constant)
        results.append([*state, *values])
    return wrong + [place for place, (x, y) in enumerate(zip(*results, strict=True)) if not np.array_equal(x, y)]


def _overlapping(plan: Schedule) -> list[Any]:
    """Rows of states that the leaves in them do not fill, or fill twice."""
    filled: dict[Any, list[int]] = {}
    for view in plan.inputs:
        filled.setdefault(view.buffer, []).extend(range(view.offset, view.offset + view.entries))
    return [buffer for buffer, places in filled.items() if sorted(places) != list(range(buffer.entries))]


# ------------------------------------------------------------------------------------------------ the same step


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rule", [ADAM, momentum(Fraction(1, 10), Fraction(9, 10)), gradient_descent(Fraction(1, 10))])
def test_a_network_to_the_bit_in_fewer_calls(rule: Optimiser, dtype: str) -> None:
    step, data = network(rule, dtype=dtype)
    assert same_bits(step, data)
    updates = [call for call in step.plan.calls if call.out.buffer.role is Role.STATE and call.out.entries > 1]
    plain = [call for call in apart(step).plan.calls if call.out.buffer.role is Role.STATE and call.out.entries > 1]
    assert len(step.plan.calls) < len(apart(step).plan.calls) and len(updates) < len(plain)


def test_all_leaves_of_adam_are_one_row_those_of_one_entry_too() -> None:
    step, _ = network()
    shapes = [tuple(tensor.shape) for tensor in step.parameters()]
    whole = sum(tensor.numel() for tensor in step.parameters())
    assert () not in shapes and (1,) in shapes
    rows = [call for call in step.plan.calls if call.out.shape == (whole,)]
    assert Counter(call.kernel for call in rows) == {
        "mix": 1, "multiply": 2, "scale": 1, "add_product": 1, "sqrt": 1, "shift": 1, "add_quotient": 1,
    }  # fmt: skip
    assert len({view.buffer for view in step.plan.inputs[: step.plan.states] if view.entries > 1}) == 3


def test_leaves_of_whole_cache_lines_stay_on_them() -> None:
    step, _ = network()
    starts = [view.offset for view in step.plan.inputs[: step.plan.states] if view.entries % 16 == 0]
    assert len(starts) == 9 and all(start % 16 == 0 for start in starts)  # 48, 16 and 80 entries


def test_large_leaves_stay_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "SMALL_LEAF", 48)
    step, data = network()
    assert sorted(view.buffer.entries for view in step.plan.inputs if view.entries == 80) == [80] * 3
    assert same_bits(step, data)


def test_random_steps_to_the_bit() -> None:
    joined = 0
    for index in range(60):
        objective, rule = random_step(7, index)
        step = Step(objective, rule, TorchEngine())
        numbers = torch.Generator().manual_seed(index)
        shapes = [[leaf.shape for leaf in leaves(ob)] for ob in (objective.param, objective.data)]  # type: ignore[attr-defined]
        weights, data = ([torch.randn(each, dtype=torch.float64, generator=numbers) for each in ob] for ob in shapes)
        step.start({str(place): weight for place, weight in enumerate(weights)})
        assert same_bits(step, data), index
        joined += any(view.buffer.entries > view.entries for view in step.plan.inputs)
    assert joined > 5


def test_state_goes_out_and_in_as_before() -> None:
    step, data = network()
    step.step(*data)
    kept, first = (
        step.saved(),
        step.first({name: tensor.numpy() for name, tensor in zip("abcdef", step.parameters(), strict=True)}),
    )
    assert all(tensor.is_contiguous() for tensor in (*kept, *first))
    after, _ = step.after(first, *data)
    assert all(map(torch.equal, flatten(step.objective.param, step.point(after)), step.parameters()))
    step.restore(kept)
    assert all(map(torch.equal, kept, step.state()))
    assert all(tensor.untyped_storage().nbytes() == tensor.nbytes for tensor in kept)


# ------------------------------------------------------------------------------------------------ random programs


def planned(made: Program, states: int) -> Schedule:
    roles = (Role.STATE,) * states + (Role.DATA,) * (len(made.inputs) - states)
    return schedule(lower(made, roles), states)


def many_leaves(index: int) -> tuple[Program, int]:
    """The same random step of each of some states of several shapes, and of data: S ⊗ D → S ⊗ D."""
    choose = seeded(index)
    shapes = [choose(((3,), (5,), (2, 3), (1,))) for _ in range(choose((2, 3, 4)))]
    kinds = [choose(("add", "multiply")) for _ in range(3)]
    numbers = [Fraction(choose((1, 2, 3)), 4) for _ in range(3)]

    def traced(wires: Any, given: Any) -> Any:
        state, data = (flatten(ob, part) for ob, part in zip((whole, whole), given, strict=True))
        news = []
        for x, d in zip(state, data, strict=True):
            for kind, number in zip(kinds, numbers, strict=True):
                scaled = wires.at(Primitive("scale", (number, x.shape)), (x,))
                x = wires.at(Primitive(kind, (x.shape,)), (scaled, d))
            news.append(x)
        order = choose((news, news[::-1])) if len(set(shapes)) == 1 else news
        return _bracketed(order), given[1]

    whole = _bracketed([Space(shape) for shape in shapes], Pair)
    return trace(traced, Pair(whole, whole), Pair(whole, whole)), len(shapes)


def _bracketed(parts: list[Any], pair: Callable[[Any, Any], Any] = lambda x, y: (x, y)) -> Any:
    found = parts[0]
    for part in parts[1:]:
        found = pair(found, part)
    return found


def test_steps_of_many_leaves() -> None:
    joined = 0
    for index in range(60):
        made, states = many_leaves(index)
        before = planned(made, states)
        plan = side_by_side(before)
        assert is_sound(plan, before, index) == [], index
        joined += len(plan.calls) < len(before.calls)
    assert joined > 30


def test_random_programs() -> None:
    for index in range(100):
        choose = seeded(5000 + index)
        leaf = choose((A, B, Space((2, 3))))
        state: Ob = choose((Pair(leaf, leaf), Pair(leaf, Pair(leaf, A))))
        dom, cod = Pair(state, choose((A, B))), Pair(state, choose((A, leaf)))
        made = program(draw_term(choose, dom, cod, Style(choose(("any", "linear", "polynomial")), 4)))
        before = planned(made, sum(1 for _ in leaves(state)))
        assert is_sound(side_by_side(before), before, index) == [], index


# ------------------------------------------------------------------------------------------------ what is not joined


def moving(step: Callable[[Callable[..., Any], Any, Any], Any], data: Ob = A) -> Schedule:
    """The plan of (s, t), d ↦ (s', t'), d, from how that is made of operations on vectors of three."""

    def traced(wires: Any, given: Any) -> Any:
        (state, x) = given
        return step(lambda name, *args, more=(): wires.at(Primitive(name, (*more, (3,))), args), state, x), x

    return planned(trace(traced, Pair(Pair(A, A), data), Pair(Pair(A, A), data)), 2)


def test_what_is_read_by_the_other_is_not_joined() -> None:
    """The second state moves along the first one's new value: together they would wait for themselves."""

    def one_after_the_other(at: Any, state: Any, data: Any) -> Any:
        first = at("add", at("multiply", state[0], data), data)
        return first, at("add", at("multiply", state[1], data), at("sin", at("exp", first)))

    before = moving(one_after_the_other)
    plan = side_by_side(before)
    assert is_sound(plan, before, 0) == []
    assert len({view.buffer for view in plan.inputs[:2]}) == 2


@pytest.mark.parametrize(("kernel", "rows"), [("tanh", 1), ("sigmoid", 2), ("softplus", 2)])
def test_what_depends_on_where_an_entry_stands_is_not_joined(kernel: str, rows: int) -> None:
    plan = side_by_side(moving(lambda at, state, data: (at(kernel, state[0]), at(kernel, state[1]))))
    assert len({view.buffer for view in plan.inputs[:2]}) == rows


@pytest.mark.parametrize("kernel", ["sigmoid", "softplus"])
def test_and_it_does_depend(kernel: str) -> None:
    """torch rounds the last entries otherwise. Where it does no more, these kernels can be joined too."""
    numbers = torch.rand(4096, generator=torch.Generator().manual_seed(0))
    function = getattr(torch, kernel, None) or torch.nn.functional.softplus
    whole = function(numbers)
    differing = sum(not torch.equal(function(numbers[:n].clone()), whole[:n]) for n in range(1, 300))
    assert differing or kernel not in ENTRYWISE - alike.JOINED or _other_vectors()


def _other_vectors() -> bool:
    return not any("AVX" in line for line in torch.__config__.show().splitlines())


def test_nothing_is_written_before_what_may_fail() -> None:
    mean = Outside("mean", (), Pair(A, A), Space((6,)), None)

    def traced(wires: Any, given: Any) -> Any:
        (s, t), (x, y) = given
        both = wires.at(mean, (x, y))
        cut = [wires.at(Primitive("slice", ((6,), (start,), (3,), (1,))), (both,)) for start in (0, 3)]
        early = [
            wires.at(Primitive("tanh", ((3,),)), (wires.at(Primitive("exp", ((3,),)), (each,)),)) for each in (s, t)
        ]
        news = [wires.at(Primitive("add", ((3,),)), pair) for pair in zip(early, cut, strict=True)]
        return tuple(news), (x, y)

    state = Pair(A, A)
    before = planned(trace(traced, Pair(state, state), Pair(state, state)), 2)
    plan = side_by_side(before)
    assert len({view.buffer for view in plan.inputs[:2]}) == 1
    failing = [place for place, call in enumerate(plan.calls) if call.kernel == "mean"]
    writing = [place for place, call in enumerate(plan.calls) if call.out.buffer.role is Role.STATE]
    assert len(failing) == 1 and failing[0] < min(writing)


def test_a_wrong_row_is_seen() -> None:
    step, _ = network()
    before = apart(step).plan

    def shifted(call: Call) -> Call:
        moved = [replace(arg, offset=0) if isinstance(arg, View) and arg.offset else arg for arg in call.args]
        return replace(call, args=tuple(moved))

    wrong = replace(step.plan, calls=tuple(map(shifted, step.plan.calls)))
    assert is_sound(step.plan, before, 0) == [] != is_sound(wrong, before, 0)


def test_the_benchmark_shows_every_plan(capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks.plans import main

    main(["--workload", "iris-1", "--rounds", "2", "--slice", "0.001"])
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split("|")[2].strip() for row in rows] == ["as it is", "leaves by themselves"]
    assert [int(row.split("|")[3]) for row in rows] == [16, 19]
