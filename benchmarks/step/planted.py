"""Programs that are wrong in one known way each, which the check of the first step has to refute."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from fractions import Fraction

import numpy as np

from benchmarks.step import torch_eager
from benchmarks.step.program import Batches, Parameters, Program
from benchmarks.step.workloads import Array, Player, Workload


def edited(program: Program, first: Parameters, edit: Callable[[str, Array, Array], Array]) -> Program:
    """The program with other parameters after its step: edit(name, before, after)."""
    return dataclasses.replace(
        program,
        parameters=lambda: {name: edit(name, first[name], after) for name, after in program.parameters().items()},
    )


def wrong_sign(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    """p + ε g."""
    right = torch_eager.eager(workload, parameters, batches)
    return edited(right, parameters, lambda _, before, after: 2 * before - after)


def dropped_alpha(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    """The step times -1/ε, as torch 2.13 compiles add(W, a @ b, alpha=-ε); of matrices alone."""
    right, rate = torch_eager.eager(workload, parameters, batches), float(workload.optimiser.rate)
    return edited(right, parameters, lambda _, p, q: p - (q - p) / np.float32(rate) if p.ndim > 1 else q)


def rate_one_percent_off(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    rule = dataclasses.replace(workload.optimiser, rate=workload.optimiser.rate * Fraction(101, 100))
    return torch_eager.eager(dataclasses.replace(workload, optimiser=rule), parameters, batches)


def dropped_term(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    """The last term of each loss left out; where there is one term, the last parameter is not moved."""
    if workload.supervised is not None:
        last, right = list(parameters)[-1], torch_eager.eager(workload, parameters, batches)
        return edited(right, parameters, lambda name, before, after: before if name == last else after)
    fewer = {name: Player(one.networks, one.terms[:-1] or one.terms) for name, one in workload.players.items()}
    return torch_eager.eager(dataclasses.replace(workload, players=fewer), parameters, batches)


def stale_batch(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    """Step i takes batch i + 1."""
    right = torch_eager.eager(workload, parameters, batches)
    return dataclasses.replace(right, step=lambda index: right.step(index + 1))


def one_entry(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    """One entry of one parameter is not moved: the one that moves most."""
    right, name = torch_eager.eager(workload, parameters, batches), next(iter(parameters))

    def edit(key: str, before: Array, after: Array) -> Array:
        if key == name:
            place = np.unravel_index(np.abs(after - before).argmax(), after.shape)
            after = after.copy()
            after[place] = before[place]
        return after

    return edited(right, parameters, edit)


def not_a_number(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    right = torch_eager.eager(workload, parameters, batches)
    return edited(right, parameters, lambda name, _, after: np.full_like(after, np.nan))
