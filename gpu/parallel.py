"""Training on several machines: each replica makes the same step on its share of the batch, with the mean gradient.

E(p, d) = 1/n Σ_r E(p, d_r) where E is a mean over rows and the shares have as many rows each; so ∇E is the mean of the
replicas' gradients, whatever E is made of, a gradient penalty too. The mean is one operation of the program, between
gradient and update, on all leaves at once: an explicit all-reduce, and no hook of a wrapper (which misses gradients
that no ``backward`` call of its own has made). No state is written before it, so a replica that is lost loses nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import reduce
from hashlib import sha256
from math import prod
from typing import Any

import torch
from torch import distributed

from verified_cat import primitives
from verified_cat.descent import program_of
from verified_cat.errors import ReplicaError, UsageError
from verified_cat.functions import Engine, Run, Value
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.loops import LoopStep
from verified_cat.machine import evaluate
from verified_cat.networks import Objective
from verified_cat.objects import Ob, Pair, Space, flatten, leaves
from verified_cat.optimiser import Optimiser
from verified_cat.primitives import Shape
from verified_cat.program import Outside, Program
from verified_cat.terms import Operation, Term

MEAN = "mean_over_replicas"


# ------------------------------------------------------------------------------------------------ in the program


def mean_over_replicas(shapes: tuple[Shape, ...], world: int) -> Outside:
    """(x₁, …, xₖ) ↦ the means over all replicas, in one row : (R^s₁ ⊗ …) ⊗ R^sₖ → R^(Σ entries)."""
    spaces: list[Ob] = [Space(shape) for shape in shapes]
    cod = Space((sum(map(prod, shapes)),))
    return Outside(MEAN, (shapes,), reduce(Pair, spaces), cod, in_a_row(shapes) if world == 1 else None)


def in_a_row(shapes: tuple[Shape, ...]) -> Term:
    """(x₁, …, xₖ) ↦ their entries one after the other: the mean over one replica."""
    whole = (sum(map(prod, shapes)),)
    start, row = 0, None
    for shape in shapes:
        length = (prod(shape),)
        placed = primitives.reshape(shape, length) >> primitives.place(whole, (start,), length)
        row = placed if row is None else (row @ placed) >> primitives.add(whole)
        start += length[0]
    assert row is not None
    return row


def averaged(
    slopes: list[Value], loss: Value, engine: Engine, shapes: tuple[Shape, ...], world: int
) -> tuple[list[Value], Value]:
    """The means over replicas of the gradient and the loss, by one operation."""
    whole = (*shapes, ())
    row: Value = reduce(lambda left, right: (left, right), [*slopes, loss])
    means, start, parts = engine.operation(mean_over_replicas(whole, world))(row), 0, []
    entries = (sum(map(prod, whole)),)
    for shape in whole:
        cut = primitives.slice_axes(entries, (start,), (prod(shape),)) >> primitives.reshape((prod(shape),), shape)
        parts.append(evaluate(cut, means, engine))
        start += prod(shape)
    return parts[:-1], parts[-1]


class ReplicaEngine(TorchEngine):
    """Tensors on one device of one of several replicas, which ``replicas`` has connected."""

    def __init__(self, dtype: str = "float32", device: str = "cpu") -> None:
        super().__init__(dtype, device)
        if not distributed.is_initialized():
            raise UsageError("no replicas are connected: make the engine inside `with replicas():`, under torchrun")
        self.rank, self.world = distributed.get_rank(), distributed.get_world_size()

    def operation(self, operation: Operation) -> Run:
        """The function that the operation is; the mean over replicas among them."""
        if not isinstance(operation, Outside) or operation.name != MEAN:
            return super().operation(operation)
        kernel, entries = self.outside(operation), operation.cod.shape  # type: ignore[attr-defined]

        def run(row: Value) -> Value:
            parts = flatten(operation.dom, row)
            out = torch.empty(entries, dtype=self.dtype, device=self.device)
            kernel(out, *map(self.dense, parts))
            return out

        return run

    def outside(self, operation: Outside) -> Callable[..., None]:
        """(out, *parts) ↦ None: the parts in a row, summed over replicas in place, divided by their number."""
        if operation.name != MEAN:
            return super().outside(operation)
        share = 1 / self.world

        def mean(out: torch.Tensor, *parts: torch.Tensor) -> None:
            torch.cat([part.reshape(-1) for part in parts], out=out)
            with answered(self.rank, "the mean of the gradients"):
                distributed.all_reduce(out)
            if share != 1:
                out.mul_(share)

        return mean


# ------------------------------------------------------------------------------------------------ a step


class ReplicaStep(LoopStep):
    """A step whose gradient and loss are means over all replicas; each replica gives its own share of the batch.

    All replicas are to run the same program on the same state: both are compared when they are made, and the state
    again after every ``check_every`` steps. Raises ReplicaError where they differ, and where one does not answer in
    time; the state is then the one before the step.
    """

    engine: ReplicaEngine

    def __init__(
        self,
        objective: Objective,
        rule: Optimiser,
        engine: ReplicaEngine,
        *,
        check_every: int = 100,
        **options: Any,
    ) -> None:
        if check_every < 1:
            raise UsageError(f"the state is compared after a number of steps >= 1, not {check_every}")
        if options.get("backend") == "cuda graph":
            raise UsageError(
                "a captured graph cannot say that a replica is lost: backend='python' runs the same kernels"
            )
        self.made, self.check_every, self._lost = 0, check_every, ""
        super().__init__(objective, rule, engine, **options)
        self._must_agree(program_digest(self.program, engine), "runs another program")

    def traced(self) -> Program:
        """The program of the step with the means between gradient and update."""
        shapes = tuple(self._param_shapes())

        def combine(slopes: list[Value], loss: Value, engine: Engine) -> tuple[list[Value], Value]:
            return averaged(slopes, loss, engine, shapes, self.engine.world)

        return program_of(self.objective, self.rule, combine, self.paced)

    def step(self, *data: torch.Tensor) -> torch.Tensor:
        """One step of all replicas; gives the mean loss."""
        if self._lost:
            raise ReplicaError(f"{self._lost}; the state is kept: save it, and start all replicas again")
        try:
            loss = super().step(*data)
            self.made += 1
            if self.made % self.check_every == 0:
                self.check()
        except ReplicaError as fault:
            self._lost = str(fault)
            raise
        return loss

    def restore(self, state: Sequence[torch.Tensor]) -> None:
        """The state becomes this one, which is to be the same on all replicas."""
        super().restore(state)
        self.check()

    def check(self) -> None:
        """The state is the same to the last bit on all replicas, or ReplicaError."""
        self._must_agree(state_digest(self.emitted.state), f"holds another state after {self.made} steps")

    def _must_agree(self, digest: bytes, otherwise: str) -> None:
        found = gathered(digest, self.engine)
        different = [str(rank) for rank, other in enumerate(found) if other != found[0]]
        if different:
            raise ReplicaError(
                f"replica {', '.join(different)} {otherwise} than replica 0: "
                f"{', '.join(each.hex()[:8] for each in found)}"
            )

    def _param_shapes(self) -> Iterator[Shape]:
        for leaf in leaves(self.objective.param):
            assert isinstance(leaf, Space)
            yield leaf.shape


# ------------------------------------------------------------------------------------------------ agreement


def program_digest(program: Program, engine: TorchEngine) -> bytes:
    """A digest of every operation with its arguments and inputs, and of what computes them."""
    lines = [f"{engine.precision} {torch.__version__} {[wire.serial for wire in program.outputs]}"]
    for wire in program.wires:
        assert wire.operation is not None
        operation = wire.operation
        lines.append(f"{wire.serial} {operation.name} {operation.arguments!r} {[arg.serial for arg in wire.args]}")
    return sha256("\n".join(lines).encode()).digest()


def state_digest(state: Sequence[torch.Tensor]) -> bytes:
    """A digest of every bit of the state."""
    found = sha256()
    for tensor in state:
        found.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return found.digest()


def gathered(digest: bytes, engine: ReplicaEngine) -> list[bytes]:
    """The digests of all replicas, by rank."""
    own = torch.tensor(list(digest), dtype=torch.uint8, device=engine.device)
    found = [torch.empty_like(own) for _ in range(engine.world)]
    with answered(engine.rank, "the comparison of digests"):
        distributed.all_gather(found, own)
    return [bytes(each.tolist()) for each in found]


def told(content: bytes, engine: ReplicaEngine) -> bytes:
    """What replica 0 says, on every replica."""
    length = torch.tensor([len(content)], dtype=torch.int64, device=engine.device)
    with answered(engine.rank, "what replica 0 tells"):
        distributed.broadcast(length, 0)
        said = torch.zeros(int(length), dtype=torch.uint8, device=engine.device)
        if engine.rank == 0:
            said.copy_(torch.frombuffer(bytearray(content or b"\0"), dtype=torch.uint8)[: len(content)])
        distributed.broadcast(said, 0)
    return bytes(said.cpu().numpy().tobytes())


def any_of(flag: bool, engine: ReplicaEngine) -> bool:
    """Whether it is so on some replica."""
    found = torch.tensor([int(flag)], dtype=torch.int32, device=engine.device)
    with answered(engine.rank, "the exchange of signals"):
        distributed.all_reduce(found, op=distributed.ReduceOp.MAX)
    return bool(found)


def launched() -> bool:
    """Whether torchrun started this process."""
    return bool(distributed.is_available() and distributed.is_torchelastic_launched())


@contextmanager
def answered(rank: int, what: str) -> Iterator[None]:
    """What torch says where a replica is gone or silent, as ReplicaError."""
    try:
        yield
    except (RuntimeError, distributed.DistError) as fault:
        said = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
        late = "timed out" in said.lower() or "timeout" in said.lower()
        why = "another replica did not answer in time" if late else "another replica is gone"
        raise ReplicaError(f"replica {rank}: {why}, in {what}; the state is the one before ({said})") from fault


@contextmanager
def replicas(
    timeout: float = 300.0, *, device: str = "cpu", address: str = "env://", rank: int = -1, world: int = -1
) -> Iterator[None]:
    """The replicas that torchrun has started are connected: gloo on the CPU, NCCL on CUDA.

    A replica that does not answer within ``timeout`` seconds is an error on the others. Raises UsageError outside
    torchrun, unless ``address``, ``rank`` and ``world`` are given.
    """
    if address == "env://" and "RANK" not in os.environ:
        raise UsageError("this process is no replica: start it with `torchrun --nproc-per-node N SCRIPT`")
    if timeout <= 0:
        raise UsageError(f"the time to answer is a number of seconds > 0, not {timeout}")
    kind = "nccl" if torch.device(device).type == "cuda" else "gloo"
    limits: dict[str, Any] = {"timeout": timedelta(seconds=timeout), "rank": rank, "world_size": world}
    try:
        distributed.init_process_group(kind, init_method=address, **limits)
    except (RuntimeError, distributed.DistError, ValueError) as fault:
        raise ReplicaError(f"the replicas could not be connected: {str(fault).splitlines()[0]}") from fault
    try:
        yield
    finally:
        distributed.destroy_process_group()
