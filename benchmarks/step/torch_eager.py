"""PyTorch as it is written: autograd and torch.optim, from the plain form to the expert's hand-shared one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.step.losses import Evaluation, player_loss
from benchmarks.step.program import Batches, NotApplicable, Parameters, Program
from benchmarks.step.torch_layers import (
    Tensors,
    TorchNumbers,
    from_torch,
    named,
    run_network,
    sequential,
    to_tensors,
    to_torch,
)
from benchmarks.step.workloads import Adam, Path, Workload

Run = Callable[[str, Tensor], Tensor]
EQUATIONS, RECIPE, EVERYTHING = "every term on its own", "outputs of generators kept", "every path once"


@dataclass(slots=True)
class Trained:
    """Networks with parameters by name, their optimisers by player, and how to begin again."""

    workload: Workload
    run: Run
    tensors: Tensors
    first: Tensors
    rules: dict[str, torch.optim.Optimizer]

    def owned(self, player: str) -> list[Tensor]:
        networks = self.workload.players[player].networks
        return [tensor for name, tensor in self.tensors.items() if name.partition(".")[0] in networks]

    @torch.no_grad()
    def reset(self) -> None:
        for name, tensor in self.tensors.items():
            tensor.copy_(self.first[name])
        for rule in self.rules.values():
            rule.state.clear()

    def program(self, step: Callable[[int], Any], figures: dict[str, Any] | None = None) -> Program:
        return Program(step, self.reset, lambda: from_torch(self.workload, self.tensors), figures=figures or {})


def trained(workload: Workload, parameters: Parameters, fused: bool, modules: bool) -> Trained:
    """Networks as modules, or as functions of leaf tensors; with an optimiser for each player."""
    first = to_torch(workload, parameters)
    run, tensors = (_modules if modules else _functions)(workload, first)
    result = Trained(workload, run, tensors, first, {})
    result.rules = {player: optimiser(workload, result.owned(player), fused) for player in workload.players}
    result.reset()
    return result


def optimiser(workload: Workload, owned: list[Tensor], fused: bool) -> torch.optim.Optimizer:
    kind = torch.optim.Adam if isinstance(workload.optimiser, Adam) else torch.optim.SGD
    return kind(owned, lr=float(workload.optimiser.rate), fused=fused or None)


def _functions(workload: Workload, first: Tensors) -> tuple[Run, Tensors]:
    tensors = {name: tensor.clone().requires_grad_() for name, tensor in first.items()}
    return lambda name, x: run_network(workload, name, tensors, x), tensors


def _modules(workload: Workload, first: Tensors) -> tuple[Run, Tensors]:
    networks = {name: sequential(layers) for name, layers in workload.networks.items()}
    tensors = {key: t for name, net in networks.items() for key, t in named(workload.networks[name], net, name).items()}
    return lambda name, x: networks[name](x), tensors


# ------------------------------------------------------------------------------------------------------- supervised


def eager(workload: Workload, parameters: Parameters, batches: Batches, fused: bool = False) -> Program:
    """Modules, ``.backward()`` and torch.optim. A game: the usual recipe, fakes made once, detached for critics."""
    if workload.copies:
        return _one_by_one(workload, parameters, batches, fused)
    made = trained(workload, parameters, fused, modules=True)
    if workload.supervised is None:
        return game(made, batches, RECIPE)
    return supervised(made, batches)


def eager_fused(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    """The same with torch's fused optimiser."""
    return eager(workload, parameters, batches, fused=True)


def supervised(made: Trained, batches: Batches, compiled: bool = False) -> Program:
    (player,), numbers, data = made.workload.players, TorchNumbers(), to_tensors(batches)
    rule, count = made.rules[player], len(data)

    def loss_of(batch: Tensors) -> Tensor:
        loss: Tensor = player_loss(made.workload, player, Evaluation(made.run, batch, {}, Counter()), numbers)
        return loss

    loss_of = torch.compile(loss_of, fullgraph=True) if compiled else loss_of

    def step(index: int) -> None:
        rule.zero_grad(set_to_none=True)
        loss_of(data[index % count]).backward()  # type: ignore[no-untyped-call]
        rule.step()

    return made.program(step)


def _one_by_one(workload: Workload, parameters: Parameters, batches: Batches, fused: bool) -> Program:
    """Copies as separate modules in a loop, one optimiser for all."""
    networks = [{n: sequential(layers) for n, layers in workload.networks.items()} for _ in range(workload.copies)]
    ours: list[Tensors] = [_all_named(workload, nets) for nets in networks]
    first = to_torch(workload, parameters)
    leaves = [tensor for tensors in ours for tensor in tensors.values()]
    (player,), numbers, data = workload.players, TorchNumbers(), to_tensors(batches)
    rule = optimiser(workload, leaves, fused)

    def reset() -> None:
        rule.state.clear()
        with torch.no_grad():
            for copy, tensors in enumerate(ours):
                for name, tensor in tensors.items():
                    tensor.copy_(first[name][copy])

    def step(index: int) -> None:
        batch = data[index % len(data)]
        rule.zero_grad(set_to_none=True)
        for nets in networks:
            evaluation = Evaluation(lambda name, x, nets=nets: nets[name](x), batch, {}, Counter())  # type: ignore[misc]
            player_loss(workload, player, evaluation, numbers).backward()
        rule.step()

    reset()
    return Program(step, reset, lambda: from_torch(workload, {n: torch.stack([t[n] for t in ours]) for n in first}))


def _all_named(workload: Workload, networks: dict[str, nn.Sequential]) -> Tensors:
    return {key: t for n, net in networks.items() for key, t in named(workload.networks[n], net, n).items()}


# ------------------------------------------------------------------------------------------------------------ games


def game(made: Trained, batches: Batches, sharing: str, raw: Run | None = None) -> Program:
    """All players move at once. ``sharing`` says which runs of networks are kept; ``raw`` runs a critic twice over."""
    workload, data = made.workload, to_tensors(batches)
    count, counted = len(data), Counter[str]()

    def step(index: int) -> None:
        counted.clear()
        shared: dict[tuple[Path, str], Tensor] = {}
        losses = [
            _loss(made, player, data[index % count], sharing, shared, counted, raw) for player in workload.players
        ]
        for player, loss in zip(workload.players, losses, strict=True):
            owned = made.owned(player)
            slopes = torch.autograd.grad(loss, owned, retain_graph=sharing == EVERYTHING)
            for tensor, slope in zip(owned, slopes, strict=True):
                tensor.grad = slope.contiguous()  # torch's fused optimisers on CPU ignore strides
        for rule in made.rules.values():
            rule.step()

    figures: dict[str, Any] = {"network_evaluations": counted}
    return made.program(step, figures)


def _loss(
    made: Trained,
    player: str,
    batch: Tensors,
    sharing: str,
    shared: dict[tuple[Path, str], Tensor],
    counted: Counter[str],
    raw: Run | None,
) -> Tensor:
    """The loss of one player, with as much kept between terms and players as ``sharing`` says."""
    numbers, players = TorchNumbers(), made.workload.players

    def evaluation(known: dict[tuple[Path, str], Tensor]) -> Evaluation:
        return _WithRaw(made.run, batch, known, counted, raw)

    if sharing == EVERYTHING:
        return player_loss(made.workload, player, evaluation(shared), numbers)  # type: ignore[no-any-return]
    own = players[player].networks
    if sharing == RECIPE:
        known = {key: fake.detach() for key, fake in shared.items() if not set(own) & set(key[0])}
        loss: Tensor = player_loss(made.workload, player, evaluation(known), numbers)
        shared.update({key: fake for key, fake in known.items() if set(key[0]) <= set(own)})
        return loss
    values = []
    for term in players[player].terms:
        foreign = _foreign(made, getattr(term, "path", ()), own, getattr(term, "source", ""), batch, counted)
        values.append(evaluation(foreign).value(term, numbers))
    return torch.stack(values).sum()


def _foreign(
    made: Trained, path: Path, own: tuple[str, ...], source: str, batch: Tensors, counted: Counter[str]
) -> dict[tuple[Path, str], Tensor]:
    """The part of a path before the player's own networks, run without a graph."""
    length = next((index for index, name in enumerate(path) if name in own), len(path))
    with torch.no_grad():
        found: dict[tuple[Path, str], Tensor] = {}
        if length:
            Evaluation(made.run, batch, found, counted).path(path[:length], source)
        return found


class _WithRaw(Evaluation):
    """Penalties run their critic by ``raw`` where networks are compiled: torch.compile has no second derivative."""

    def __init__(self, apply: Run, batch: Tensors, known: Any, counted: Counter[str], raw: Run | None) -> None:
        super().__init__(apply, batch, known, counted)
        self.raw = raw

    def penalty(self, term: Any, numbers: Any) -> Any:
        if self.raw is None:
            return super().penalty(term, numbers)
        fake = numbers.constant(self.path(term.path, term.source))
        plain = Evaluation(self.raw, self.batch, {(term.path, term.source): fake}, self.counted)
        return plain.penalty(term, numbers)


def equations(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    """Each equation of the loss on its own, nothing kept between them; fused optimiser."""
    if workload.supervised is not None:
        raise NotApplicable("a loss of one term has nothing to share")
    return game(trained(workload, parameters, True, modules=True), batches, EQUATIONS)


def hand_shared(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    """The expert's: every path run once for all players, or all copies in one batched product; fused optimiser."""
    made = trained(workload, parameters, True, modules=False)
    if workload.copies:
        return supervised(made, batches)
    if workload.supervised is not None:
        raise NotApplicable("a loss of one term has nothing to share")
    return game(made, batches, EVERYTHING)


def compiled_loss(workload: Workload, parameters: Parameters, batches: Batches) -> Program:
    """torch.compile of the loss (in a game: of each network, with the official recipe around), fused optimiser."""
    if workload.copies:
        return supervised(trained(workload, parameters, True, modules=False), batches, compiled=True)
    made = trained(workload, parameters, True, modules=True)
    if workload.supervised is not None:
        return supervised(made, batches, compiled=True)
    raw = made.run
    parts = {name: torch.compile(lambda x, name=name: raw(name, x), fullgraph=True) for name in workload.networks}
    made.run = lambda name, x: parts[name](x)
    return game(made, batches, RECIPE, raw)
