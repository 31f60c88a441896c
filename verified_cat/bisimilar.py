"""States that start equal and move alike are one state: the coarsest such merging of the state of a program.

Adam keeps the powers β₁ᵗ and β₂ᵗ with every parameter; they are the same numbers for all of them. Two places of a state
may be one where their first values are equal constants and, with all such places identified, their next values are the
same wire. That is a bisimulation, found by refining the partition into equal first values (Hopcroft 1971).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from verified_cat.objects import UNIT, Ob, Pair, Space, flatten, unflatten
from verified_cat.program import Program, Wire, Wires, needed, running


@dataclass(frozen=True, slots=True)
class Merged:
    """The program over the merged state; ``places`` says for each place of the old state which one it is now."""

    program: Program
    places: tuple[int, ...]


def merged(program: Program, states: int, first: Sequence[Wire | None]) -> Merged:
    """The program with as few state inputs as can be; the first ``states`` leaves go in and come out as the state.

    ``first`` has the wire of the first value of each place, or None where that is given from outside.
    """
    classes = _partition([_key(place, wire) for place, wire in enumerate(first)])
    if len(set(classes)) == states:
        return Merged(program, tuple(range(states)))
    while True:
        wires = Wires()
        given = [wires.fresh(wire.shape) for wire in program.inputs]
        leaders = [classes.index(each) for each in classes] + list(range(states, len(given)))
        value = unflatten(program.dom, [given[leader] for leader in leaders])
        outputs = flatten(program.cod, running(program, wires)(value))
        refined = _partition([(each, outputs[place].serial) for place, each in enumerate(classes)])
        if len(set(refined)) == len(set(classes)):
            break
        classes = refined
    kept = sorted(set(leaders[:states]))
    places = tuple(kept.index(leader) for leader in leaders[:states])
    inputs = [given[place] for place in (*kept, *range(states, len(given)))]
    results = [outputs[place] for place in (*kept, *range(states, len(outputs)))]
    whole = Program(_row(inputs), _row(results), tuple(inputs), tuple(needed(results)), tuple(results))
    return Merged(whole, places)


def _key(place: int, wire: Wire | None) -> object:
    """What a first value is known to be: equal constants are one wire of one program, others are like nothing else."""
    return place if wire is None or wire.kind != "constant" else (wire.operation, wire.shape)


def _partition(keys: Sequence[object]) -> list[int]:
    """A number for each key, the same for equal keys, in the order in which they are first met."""
    numbers: dict[object, int] = defaultdict(lambda: len(numbers))
    return [numbers[key] for key in keys]


def _row(wires: Sequence[Wire]) -> Ob:
    """A ⊗ (B ⊗ (…)): the object of some wires in a row."""
    whole: Ob = Space(wires[-1].shape) if wires else UNIT
    for wire in reversed(wires[:-1]):
        whole = Pair(Space(wire.shape), whole)
    return whole
