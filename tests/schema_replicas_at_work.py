"""What two replicas do in the tests of schemas that several processes train; run by torchrun, writes what it found."""

from __future__ import annotations

import json
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

import torch

from verified_cat.cli import main as command
from verified_cat.gpu import parallel
from verified_cat.gpu.alternation import Draws, Learning
from verified_cat.gpu.parallel import ReplicaEngine, replicas
from verified_cat.gpu.schema_training import Run
from verified_cat.objects import flatten
from verified_cat.schema_file import load

SEED = 5


def leaves(learning: Learning, state: Any) -> dict[str, list[list[float]]]:
    """The parameters and the states of the rules of both players, leaf by leaf."""
    found = {}
    for name, step, own in (
        ("arrows", learning.generators, state[0]),
        ("critics", learning.critics, state[1]),
    ):
        param = step.objective.param
        found[name] = [leaf.flatten().tolist() for leaf in flatten(param, step.point(own))]
        found[f"rule of {name}"] = [leaf.flatten().tolist() for leaf in flatten(step.rule.state(param), step.held(own))]
    return found


def states(run: Run, steps: int) -> list[dict[str, Any]]:
    """Both players after each of some steps, from the first, and the losses."""
    job = run.shared(run.gammas())
    learning = run.learning(job.task)
    state, data, found = run.start(job, learning), run.data(job.task), []
    for number in range(steps):
        state, figures = learning.update(state, data.at(number))
        losses = {name: float(value) for name, value in figures.items()}
        found.append({**leaves(learning, state), "losses": losses})
    return found


def interrupted(words: list[str], rank: int, step: int) -> int:
    """A run of which replica 1 gets a signal while it draws for a step; gives the exit code."""
    drawn = Draws.at

    def at(self: Draws, number: int) -> Any:
        if rank == 1 and number == step:
            os.kill(os.getpid(), signal.SIGTERM)
        return drawn(self, number)

    Draws.at = at  # type: ignore[method-assign]
    try:
        command(words, standalone_mode=False)
    except SystemExit as left:
        return int(left.code or 0)
    finally:
        Draws.at = drawn  # type: ignore[method-assign]
    return 0


def meeting(folder: Path, rank: int, count: int) -> Any:
    """Replicas of one torchrun that are connected again meet where they have not met before."""
    return partial(replicas, 60, address=f"file://{folder}/meeting{count}", rank=rank, world=2)


def main(folder: Path, steps: int, name: str) -> None:
    rank = int(os.environ["RANK"])
    with meeting(folder, rank, 0)():
        found: dict[str, Any] = {"states": states(Run(load(name), ReplicaEngine("float64"), SEED), steps)}
    words = ["train", name, "--seed", str(SEED), "--set", "checkpoint_every=4"]
    parallel.replicas = meeting(folder, rank, 1)
    found["code"] = interrupted([*words, "--resume", str(folder / "run")], rank, 3)
    parallel.replicas = meeting(folder, rank, 2)
    command([*words, "--resume", str(folder / "run"), "--set", "ahead=2"], standalone_mode=False)
    parallel.replicas = meeting(folder, rank, 3)
    command([*words, "--out", str(folder / "whole")], standalone_mode=False)
    (folder / f"{rank}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
