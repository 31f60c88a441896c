"""Coupling layers on whole numbers are inverted without a difference, also where floats lose everything."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from verified_cat.errors import DataError, UsageError
from verified_cat.functions import Functions
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.schema_networks import coupling, first_weights
from verified_cat.gpu.training import tensor_of
from verified_cat.gpu.whole_couplings import WholeCoupling, differing, net, whole_coupling
from verified_cat.objects import Space, unflatten
from verified_cat.schema_kinds import settings

WIDTH, ROWS = 96, 16
MADE = settings("network", "coupling", layers=8, hidden=[16])


def weights(factor: float) -> dict[str, np.ndarray]:
    ob = Space((ROWS, WIDTH))
    made = coupling(MADE, ob, ob, "f", inverse=False)
    found = first_weights(made.map.param, made.names, 0)
    return {name: (factor * array).astype(np.float32) for name, array in zip(made.names, found, strict=True)}


def floats(own: dict[str, np.ndarray], x: np.ndarray, inverse: bool, precision: str) -> np.ndarray:
    ob, engine = Space(x.shape), TorchEngine(precision)
    made = coupling(MADE, ob, ob, "f", inverse=inverse)
    params = unflatten(made.map.param, [tensor_of(own[name], engine) for name in made.names])
    run = Functions(engine).meaning(made.map.inside).run
    return np.asarray(run((params, tensor_of(x, engine))).double().numpy())


@pytest.mark.parametrize("factor", [1.0, 300.0, 1e30])
def test_no_entry_of_two_hundred_thousand_differs(factor: float) -> None:
    whole = whole_coupling(MADE, weights(factor), "f", WIDTH)
    assert differing(whole, 196_608, 1) == (0, 196_608)


def test_floats_differ_where_the_weights_are_badly_scaled() -> None:
    x = np.random.default_rng(0).random((ROWS, WIDTH)).astype(np.float32).astype(np.float64)
    worst = []
    for factor in (1.0, 300.0):
        own = weights(factor)
        worst.append(np.abs(floats(own, floats(own, x, False, "float32"), True, "float32") - x).max())
    assert 0 < worst[0] < 1e-5 and worst[1] > 1e-3


def test_it_is_the_network_that_was_trained_but_for_rounding_to_whole_numbers() -> None:
    own = weights(0.05)
    whole = whole_coupling(MADE, own, "f", WIDTH)
    x = np.random.default_rng(2).integers(60, 200, (ROWS, WIDTH))
    real = 255 * floats(own, x / 255, False, "float64")
    assert np.abs(whole.there(x) - real).max() < 8 * 0.51  # each of eight layers rounds once, and moves little


def test_a_wrong_way_back_is_noticed() -> None:
    class Wrong(WholeCoupling):
        def back(self, y):  # type: ignore[no-untyped-def]
            return WholeCoupling(self.nets[::-1], self.width, self.activation).back(y)

    right = whole_coupling(MADE, weights(1.0), "f", WIDTH)
    assert differing(Wrong(right.nets, WIDTH, "tanh"), 1000, 0)[0] > 0


def test_each_row_is_computed_alike_whatever_stands_beside_it() -> None:
    whole = whole_coupling(MADE, weights(40.0), "f", WIDTH)
    x = np.random.default_rng(3).random((37, WIDTH // 2))
    together = net(whole.nets[0], "tanh", x)
    assert all((net(whole.nets[0], "tanh", x[row : row + 1])[0] == together[row]).all() for row in range(37))


def test_what_is_no_row_of_such_numbers_is_refused() -> None:
    whole = whole_coupling(MADE, weights(1.0), "f", WIDTH)
    for wrong in (np.zeros((2, WIDTH)), np.full((1, WIDTH), 256), np.full((1, WIDTH), -1), np.zeros(WIDTH, np.int64)):
        with pytest.raises(DataError, match="rows of 96"):
            whole.there(wrong)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="only a coupling"):
        whole_coupling(settings("network", "mlp"), {}, "f", 4)
    with pytest.raises(UsageError, match="no weights"):
        whole_coupling(MADE, {}, "f", 4)
