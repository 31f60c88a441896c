"""What two replicas do in the tests of data parallel training; run by torchrun, writes what it found as JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch

from verified_cat import primitives
from verified_cat.errors import ReplicaError
from verified_cat.gpu.parallel import ReplicaEngine, ReplicaStep, replicas, state_digest
from verified_cat.gpu.randomness import initial_weights
from verified_cat.gpu.wasserstein import critic_loss
from verified_cat.networks import Network, Objective, dense, entrywise, mean_square, perceptron, supervised
from verified_cat.objects import Pair
from verified_cat.optimiser import Optimiser, adam, gradient_descent, nesterov

ROWS, STEPS = 6, 4


def classifier(rows: int) -> tuple[Network, Objective]:
    network = perceptron(rows, (3, 5, 2), primitives.tanh)
    return network, supervised(network.map, mean_square(rows, 2))


def critic(rows: int) -> tuple[Network, Objective]:
    """A gradient penalty: second derivatives."""
    network = dense(rows, 3, 4, "one") >> entrywise(primitives.tanh, rows, 4) >> dense(rows, 4, 1, "two")
    ob = network.map.dom
    data = Pair(ob, Pair(ob, ob))
    return network, Objective(network.map.param, data, critic_loss(network.map, Fraction(10)))


CASES: dict[str, tuple[Callable[[int], tuple[Network, Objective]], Optimiser]] = {
    "classifier, descent": (classifier, gradient_descent(Fraction(1, 8))),
    "classifier, adam": (classifier, adam(Fraction(1, 64))),
    "critic, nesterov": (critic, nesterov(Fraction(1, 64), Fraction(1, 2))),
}


def batch(name: str, step: int) -> list[torch.Tensor]:
    """The whole batch of a step: half of it is for each replica."""
    generator = torch.Generator().manual_seed(step)
    widths = (3, 2) if name.startswith("classifier") else (3, 3, 3)
    return [torch.randn(2 * ROWS, width, generator=generator, dtype=torch.float64) for width in widths]


def share(name: str, step: int, rank: int) -> list[torch.Tensor]:
    return [part[rank * ROWS : (rank + 1) * ROWS] for part in batch(name, step)]


def made(name: str, engine: ReplicaEngine, **options: Any) -> ReplicaStep:
    build, rule = CASES[name]
    network, objective = build(ROWS)
    step = ReplicaStep(objective, rule, engine, **options)
    step.start(initial_weights(network.map.param, network.names, 3))
    return step


def training(rank: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    engine = ReplicaEngine("float64")
    for name in CASES:
        step = made(name, engine, check_every=2)
        losses = [float(step.step(*share(name, number, rank))) for number in range(STEPS)]
        found[name] = {
            "losses": losses,
            "parameters": [leaf.flatten().tolist() for leaf in step.parameters()],
            "digest": state_digest(step.state()).hex(),
            "source": step.source.count("k"),
        }
    return found


def refused(attempt: Callable[[], Any]) -> str:
    try:
        attempt()
    except ReplicaError as fault:
        return str(fault)
    return "nothing was refused"


def disagreements(rank: int) -> dict[str, Any]:
    engine = ReplicaEngine("float64")
    network, objective = classifier(ROWS)
    rates = gradient_descent(Fraction(1, 8 + rank)), gradient_descent(Fraction(1, 8))
    other_program = refused(lambda: ReplicaStep(objective, rates[0], engine))
    step = ReplicaStep(objective, rates[1], engine, check_every=1)
    other_start = refused(lambda: step.start(initial_weights(network.map.param, network.names, rank)))
    step = made("classifier, descent", engine, check_every=1)
    if rank:
        step.parameters()[0][0, 0] += 2**-40
    other_state = refused(lambda: step.step(*share("classifier", 0, rank)))
    again = refused(lambda: step.step(*share("classifier", 0, rank)))
    return {"program": other_program, "start": other_start, "state": other_state, "again": again}


def loss_of_a_replica(rank: int, how: str, folder: Path, found: dict[str, Any]) -> dict[str, Any]:
    """Replica 1 falls silent until replica 0 has said so, or dies, at the second step."""
    step = made("classifier, adam", ReplicaEngine("float64"))
    step.step(*share("classifier", 0, rank))
    before, began = state_digest(step.state()).hex(), time.monotonic()
    if rank and how == "dies":
        (folder / "1.json").write_text(json.dumps(found))
        os._exit(0)  # with another code torchrun would end replica 0 too, before it can say what it saw
    heard = folder / "heard"
    if rank:
        while not heard.exists() and time.monotonic() < began + 60:
            time.sleep(0.05)
        return {}
    said = refused(lambda: step.step(*share("classifier", 1, rank)))
    heard.touch()
    kept = state_digest(step.state()).hex() == before
    return {"said": said, "seconds": time.monotonic() - began, "kept": kept}


def main(folder: Path) -> None:
    rank, found = int(os.environ["RANK"]), {}
    with replicas(timeout=30):
        found["training"], found["disagreements"] = training(rank), disagreements(rank)
    for how in ("falls silent", "dies"):
        with replicas(timeout=4, address=f"file://{folder}/{how}", rank=rank, world=2):
            found[how] = loss_of_a_replica(rank, how, folder, found)
    (folder / f"{rank}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]))
