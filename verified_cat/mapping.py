"""Is the schedule of a step the map of its terms? Both are run on residues modulo random primes, and compared entirely.

On one side stands the code of the step, D of the objective and then the rule, and its program; on the other the calls
of the schedule, each replaced by its meaning, in memory as it is laid out. A difference of rational functions is
certain. Where other functions occur, a difference is one only if their equations do not explain it: then enclosures at
the state and data at hand have to lie apart, or it stays undecided.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np

from verified_cat.calls import array_of
from verified_cat.descent import step as step_of
from verified_cat.errors import MissingExtra, MissingOperation
from verified_cat.gpu.emit_python import Emitted
from verified_cat.gpu.step import Step
from verified_cat.gpu.storage import Storage, allocate
from verified_cat.gpu.views import Role, View
from verified_cat.interpreting import Array, Memory, run, unlawful
from verified_cat.machine import evaluate
from verified_cat.objects import Pair, Space, flatten, unflatten
from verified_cat.program import running
from verified_cat.reference.modular import ModularEngine
from verified_cat.report import Strength
from verified_cat.terms import Term


@dataclass(frozen=True, slots=True)
class Map:
    """Whether the schedule is the map of the terms; ``free`` are the functions that were read as free ones."""

    verdict: Strength
    free: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


def mapped(step: Step, data: tuple[Any, ...], draw: Random, points: int) -> Map:
    """The two maps at so many points. A plan that cannot be read is refuted: it is a fault of the compiler."""
    try:
        storage = layout(step)
        unlawfully = *unlawful(step.plan, storage), *_merged_wrongly(step)
        if unlawfully:
            return Map(Strength.REFUTED, findings=unlawfully)
        free: set[str] = set()
        for _ in range(points):
            engine = ModularEngine(draw)
            wrong = tuple(_at_a_point(step, storage, engine))
            free |= engine.free
            if wrong:
                return _judged(step, data, storage, wrong, tuple(sorted(free)))
    except MissingOperation as missing:
        return Map(Strength.NOT_RUN, reasons=(str(missing),))
    except Exception as fault:
        return Map(Strength.REFUTED, findings=(f"the plan cannot be run: {type(fault).__name__}: {fault}",))
    return Map(Strength.SAMPLED, tuple(sorted(free)))


def layout(step: Step) -> Storage:
    """Where the temporaries are: as the tensors of the emitted program say, or as they are planned."""
    if not isinstance(step.emitted, Emitted):
        return allocate(step.plan)
    buffers = {view.buffer for call in step.plan.calls for view in (call.out, *call.args)}
    temporaries = [buffer for buffer in buffers if buffer.role is Role.TEMPORARY]
    places = {buffer: int(step.emitted.memory(View(buffer, (0,), (1,))).storage_offset()) for buffer in temporaries}
    return Storage(places, step.emitted.arena)


def names_of(step: Step) -> list[str]:
    """The outputs of the program in words."""
    results = [f"result {number}" for number in range(1, len(step.plan.results))]
    return [*(f"state {place}" for place in range(step.plan.states)), "the loss", *results]


# ------------------------------------------------------------------------------------------------ at a random point


def _at_a_point(step: Step, storage: Storage, engine: ModularEngine) -> list[str]:
    """What the terms and the schedule make differently of one random state and batch."""
    inputs = [engine.random(Space(view.shape)) for view in step.plan.inputs]
    values = flatten(step.program.cod, running(step.program, engine)(unflatten(step.program.dom, list(inputs))))
    wrong = _of_terms(step, engine, inputs, values) if _has_terms(step) else []

    def garbage(entries: int) -> Array:
        return np.array(engine.random(Space((entries,))))

    state, results = run(step.plan, Memory(garbage, storage), engine, inputs, engine.constant)
    return wrong + [
        f"the schedule is not the program: {name} differs modulo {engine.prime}"
        for name, one, other in zip(names_of(step), [*state, *results], values, strict=True)
        if not np.array_equal(one, other)
    ]


def _merged_wrongly(step: Step) -> list[str]:
    """Leaves of the state that are kept in one place and do not start equal; parameters have places of their own."""
    places, param = places_of(step), step.objective.param
    first = evaluate(step.rule.initial(param), (), ModularEngine(Random(0)))
    values = flatten(step.rule.state(param), first)
    found: list[str] = []
    for leaf, place in enumerate(places):
        other = places.index(place)
        alike = leaf < len(values) and np.array_equal(values[leaf], values[other])
        if other < leaf and not alike:
            found.append(f"leaves {other} and {leaf} of the state are kept as one, and do not start equal")
    return found


def _has_terms(step: Step) -> bool:
    """Whether the step is known without a program: D of the objective and then the rule, or one term, ``whole``."""
    return type(step).traced is Step.traced or isinstance(getattr(step, "whole", None), Term)


def _of_terms(step: Step, engine: ModularEngine, inputs: list[Array], values: list[Array]) -> list[str]:
    """Where the code of the step, without a program, makes something else of the point than the program did."""
    places = places_of(step)
    expected, loss = terms_at(step, engine, [inputs[place] for place in places], inputs[step.plan.states :])
    leaves = [(f"leaf {leaf} of the state", new, values[places[leaf]]) for leaf, new in enumerate(expected)]
    return [
        f"the program is not its terms: {name} differs modulo {engine.prime}"
        for name, one, other in [*leaves, ("the loss", loss, values[-1])]
        if not np.array_equal(one, other)
    ]


def terms_at(step: Step, engine: Any, state: list[Array], data: list[Array]) -> tuple[list[Array], Array]:
    """(the new state leaf by leaf, the loss) as the terms of the objective and the rule give them, in any engine.

    Of a step that is one term ((S ⊗ P) ⊗ D) → (S ⊗ P) ⊗ R[n], ``whole``, as that gives them.
    """
    held = Pair(step.rule.state(step.objective.param), step.objective.param)
    whole = getattr(step, "whole", None)
    if isinstance(whole, Term):
        moved, loss = evaluate(whole, (unflatten(held, list(state)), unflatten(step.objective.data, data)), engine)
        return flatten(held, moved), loss
    *batch, rate = data if step.paced else (*data, None)
    given = unflatten(step.objective.data, batch)
    moved, loss = step_of(step.objective, step.rule, unflatten(held, list(state)), given, engine, rate=rate)
    return flatten(held, moved), loss


def places_of(step: Step) -> list[int]:
    """For each leaf of the rule's state and the parameters the place in the compiled state that holds it."""
    known = {id(tensor): place for place, tensor in enumerate(step.emitted.state)}
    return [known[id(tensor)] for tensor in step.state()]


# ------------------------------------------------------------------------------------------------ where they differ


def _judged(step: Step, data: tuple[Any, ...], storage: Storage, wrong: tuple[str, ...], free: tuple[str, ...]) -> Map:
    """A difference of rational maps is certain; another one where enclosures at this state and data lie apart."""
    if not free:
        return Map(Strength.REFUTED, free, wrong)
    try:
        apart = tuple(_apart(step, storage, data))
    except MissingExtra as missing:
        return Map(Strength.UNDECIDED, free, (), (*wrong, str(missing)))
    if apart:
        return Map(Strength.REFUTED, free, (*wrong, *apart))
    return Map(Strength.UNDECIDED, free, (), (*wrong, "enclosures at this state do not lie apart"))


def _apart(step: Step, storage: Storage, data: tuple[Any, ...]) -> list[str]:
    """The outputs whose enclosures by the program and by the schedule, at this state and data, lie apart."""
    from verified_cat.reference.enclosure import EnclosureEngine, ball_of, balls

    engine = EnclosureEngine()

    def enclosed(x: Array) -> Array:
        return balls(list(map(ball_of, np.asarray(x, dtype=np.float64).ravel().tolist())), x.shape)

    def garbage(entries: int) -> Array:
        return enclosed(np.random.Generator(np.random.Philox(key=entries)).random(entries))

    def constant(shape: Any, values: Any) -> Array:
        return np.broadcast_to(balls(list(map(ball_of, values)), (len(values),)), shape)

    inputs = [enclosed(array_of(tensor)) for tensor in (*step.emitted.state, *data)]
    values = flatten(step.program.cod, running(step.program, engine)(unflatten(step.program.dom, list(inputs))))
    state, results = run(step.plan, Memory(garbage, storage), engine, inputs, constant)
    sides = list(zip(names_of(step), values, [*state, *results], strict=True))
    if _has_terms(step):
        places = places_of(step)
        leaves, loss = terms_at(step, engine, [inputs[place] for place in places], inputs[step.plan.states :])
        sides += [(f"leaf {leaf} of the state", new, values[places[leaf]]) for leaf, new in enumerate(leaves)]
        sides += [("the loss", loss, values[-1])]
    return [
        f"{name} lies apart from its enclosure"
        for name, one, other in sides
        if not all(x.overlaps(y) for x, y in zip(one.flat, other.flat, strict=True))
    ]
