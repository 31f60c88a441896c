"""Convolutions and pools are those of torch; sizes that do not fit are refused."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest

from verified_cat.errors import ShapeError
from verified_cat.functions import Functions
from verified_cat.layers import average_pool, convolution, convolution_of_images, gather, scatter, windows
from verified_cat.objects import space
from verified_cat.reference.ieee import NumpyEngine
from verified_cat.terms import Term

torch = pytest.importorskip("torch")

ENGINE = NumpyEngine()


def numbers(count: int) -> tuple[Fraction, ...]:
    return tuple(Fraction((5 * k) % 17 - 8, 4) for k in range(count))


def flat(term: Term, exact: Any) -> list[float]:
    return list(ENGINE.lower(term.cod, Functions(ENGINE).meaning(term)(ENGINE.lift(term.dom, exact))))


def tensor(shape: tuple[int, ...]) -> Any:
    return torch.tensor([float(n) for n in numbers(math.prod(shape))], dtype=torch.float64).reshape(shape)


@pytest.mark.parametrize("size", [(1, 3, 1, 2), (2, 5, 3, 2), (3, 4, 2, 4), (2, 3, 1, 1)])
def test_a_convolution_is_that_of_torch(size: tuple[int, int, int, int]) -> None:
    channels, length, filters, window = size
    kernel, signal = (filters, channels, window), (channels, length)
    found = flat(convolution(*size), (numbers(math.prod(kernel)), numbers(math.prod(signal))))
    expected = torch.nn.functional.conv1d(tensor(signal), tensor(kernel))
    assert found == pytest.approx(expected.reshape(-1).tolist())
    assert convolution(*size).cod == space(*expected.shape)


@pytest.mark.parametrize("size", [(1, 5, 2), (2, 6, 3), (3, 4, 4), (2, 5, 1)])
def test_a_pool_is_that_of_torch_and_crops(size: tuple[int, int, int]) -> None:
    channels, length, window = size
    found = flat(average_pool(*size), numbers(channels * length))
    expected = torch.nn.functional.avg_pool1d(tensor((channels, length)), window)
    assert found == pytest.approx(expected.reshape(-1).tolist())


@pytest.mark.parametrize("size", [(1, (3, 4), 2, (2, 3)), (2, (4, 3), 1, (1, 2)), (3, (2, 2), 2, (2, 2))])
def test_a_convolution_of_images_is_that_of_torch(size: Any) -> None:
    channels, (n, m), filters, (i, j) = size
    k, x = (filters, channels, i, j), (channels, n, m)
    found = flat(convolution_of_images(*size), (numbers(math.prod(k)), numbers(math.prod(x))))
    theirs = torch.nn.functional.conv2d(tensor((1, *x)), tensor(k))
    assert found == pytest.approx(theirs.flatten().tolist())


def test_gathering_and_scattering_are_those_of_torch() -> None:
    positions = (2, 0, 2, 1)
    index = torch.tensor(positions)
    assert flat(gather(3, positions), numbers(3)) == pytest.approx(tensor((3,))[index].tolist())
    added = torch.zeros(3, dtype=torch.float64).index_add(0, index, tensor((4,)))
    assert flat(scatter(3, positions), numbers(4)) == pytest.approx(added.tolist())
    with pytest.raises(ShapeError, match="not all positions of a vector of length 3"):
        gather(3, (3,))


def test_empty_sizes() -> None:
    assert convolution(2, 3, 0, 2).cod == space(0, 2)
    assert flat(convolution(0, 3, 1, 2), ((), ())) == [0.0, 0.0]
    assert average_pool(2, 1, 3).cod == space(2, 0)


@pytest.mark.parametrize("window", [0, 4])
def test_a_window_that_does_not_fit_is_refused(window: int) -> None:
    with pytest.raises(ShapeError, match="does not fit into a signal of 3"):
        windows(1, 3, window)


def test_a_pool_over_nothing_is_refused() -> None:
    with pytest.raises(ShapeError, match="has no mean"):
        average_pool(1, 3, 0)
