import os
import pickle
import struct
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from torch import nn

from verified_cat.errors import DataError, ShapeError, UsageError
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.interop import held, into_module, network_of, state_dict_of, weights_from
from verified_cat.gpu.modules import LAYERS
from verified_cat.gpu.weight_files import read_weights, write_weights
from verified_cat.machine import differentiate, evaluate
from verified_cat.networks import Network
from verified_cat.objects import UNIT, flatten, leaves, unflatten

ENGINE = TorchEngine("float64")


def seeded(module: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / 2)
        for layer in module.modules():
            if isinstance(layer, nn.BatchNorm1d) and layer.running_mean is not None and layer.running_var is not None:
                layer.running_mean.copy_(torch.randn(layer.num_features, generator=generator))
                layer.running_var.copy_(torch.rand(layer.num_features, generator=generator) + 1)
    return module.double()


def drawn(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(7), dtype=torch.float64)


CASES: dict[str, tuple[nn.Module, tuple[int, ...]]] = {
    "perceptron": (nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3)), (5, 4)),
    "square": (nn.Sequential(nn.Linear(4, 4), nn.Sigmoid(), nn.Linear(4, 4, bias=False)), (5, 4)),
    "one layer": (nn.Linear(3, 2), (4, 3)),
    "one row": (nn.Linear(3, 2), (3,)),
    "more axes": (nn.Sequential(nn.Linear(3, 2), nn.ReLU()), (2, 5, 3)),
    "nested": (nn.Sequential(nn.Sequential(nn.Linear(4, 3), nn.Softplus(threshold=50)), nn.Sequential()), (5, 4)),
    "reshaping": (nn.Sequential(nn.Unflatten(1, (2, 3)), nn.Flatten(), nn.Identity(), nn.Linear(6, 2)), (5, 6)),
    "no dropout": (nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5)).eval(), (5, 4)),
    "nothing": (nn.Sequential(), (5, 4)),
    "activations": (nn.Sequential(nn.SiLU(), nn.LeakyReLU(0.2), nn.GELU(), nn.Linear(4, 3), nn.Softmax(-1)), (5, 4)),
    "classifier": (nn.Sequential(nn.Linear(4, 3), nn.LogSoftmax(1)), (5, 4)),
    "convolutions": (
        nn.Sequential(
            nn.Conv2d(2, 4, (2, 3), stride=(2, 1), padding=(1, 0), groups=2),
            nn.Dropout2d().eval(),
            nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1, output_padding=1, bias=False),
            nn.Conv2d(2, 1, 3, padding="same", dilation=2, bias=False),
            nn.Conv2d(1, 1, 1, padding="valid"),
        ),
        (2, 2, 5, 6),
    ),
    "pools": (
        nn.Sequential(nn.MaxPool2d(2, padding=1), nn.AvgPool2d(2, 1, padding=1), nn.AdaptiveAvgPool2d((2, 1))),
        (2, 3, 4, 6),
    ),
    "frames": (
        nn.Sequential(
            nn.ZeroPad2d((1, 0, 2, 1)),
            nn.ReflectionPad2d((2, 2, 1, 1)),
            nn.Upsample(scale_factor=2),
            nn.Upsample((7, 5), mode="bilinear"),
        ),
        (2, 1, 3, 4),
    ),
    "norms": (
        nn.Sequential(nn.LayerNorm((3, 4)), nn.InstanceNorm1d(3), nn.LayerNorm(4, elementwise_affine=False)),
        (2, 3, 4),
    ),
    "norms of images": (
        nn.Sequential(
            nn.GroupNorm(2, 4), nn.InstanceNorm2d(4, affine=True), nn.BatchNorm2d(4, track_running_stats=False)
        ),
        (3, 4, 2, 3),
    ),
    "evaluated": (nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 3), nn.BatchNorm1d(3, affine=False)).eval(), (5, 4)),
}


def case(name: str) -> tuple[nn.Module, tuple[int, ...], Network, list[torch.Tensor]]:
    module, shape = CASES[name]
    seeded(module)
    network = network_of(module, *shape)
    return module, shape, network, weights_from(module, module, network.map.param)


def test_every_known_layer_is_tried() -> None:
    tried = {type(layer) for module, _ in CASES.values() for layer in module.modules()}
    assert set(LAYERS) <= tried


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_are_those_of_torch(name: str) -> None:
    module, shape, network, weights = case(name)
    x = drawn(*shape).requires_grad_()
    expected = module(x)
    cotangent = drawn(*expected.shape)
    wanted = torch.autograd.grad(expected, [x, *module.parameters()], cotangent)
    param = unflatten(network.map.param, list(weights))
    found, pullback = differentiate(network.map.inside, (param, x.detach()), ENGINE)
    p, gradient = pullback(cotangent)
    # Sums of at most 20 products of numbers below 10, in two orders, through at most three layers.
    near: dict[str, Any] = {"rtol": 0.0, "atol": 2**-52 * 20 * 100 * 3}
    torch.testing.assert_close(found, expected.detach(), **near)
    torch.testing.assert_close(ENGINE.dense(gradient), wanted[0], **near)
    named = [name for name, _ in module.named_parameters()]
    assert named == list(network.names)
    for each, slope, torchs in zip(held(module), flatten(network.map.param, p), wanted[1:], strict=True):
        torch.testing.assert_close(each.torchs(ENGINE.dense(slope)), torchs, **near)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_a_round_trip_keeps_every_bit(name: str, dtype: torch.dtype) -> None:
    module = seeded(CASES[name][0]).to(dtype)
    network = network_of(module, *CASES[name][1])
    before = {key: value.clone() for key, value in module.state_dict().items()}
    kept = [leaf.clone() for leaf in weights_from(module, module, network.map.param)]
    made = state_dict_of(module, network.map.param, kept)
    assert list(made) == list(before)
    assert all(torch.equal(made[key], before[key]) and made[key].is_contiguous() for key in before)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
    into_module(module, network.map.param, kept)
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())


def test_a_square_matrix_is_transposed() -> None:
    _, _, _, weights = case("square")
    assert torch.equal(weights[0].T, CASES["square"][0].state_dict()["0.weight"])


# ------------------------------------------------------------------------------------------------ what is refused


class Own(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


class Doubled(nn.Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 2 * super().forward(x)


def hooked() -> nn.Module:
    layer = nn.Linear(4, 4)
    layer.register_forward_hook(lambda *_: None)
    return layer


def tied() -> nn.Module:
    layer = nn.Linear(4, 4)
    return nn.Sequential(layer, nn.Tanh(), layer)


@pytest.mark.parametrize(
    ("module", "fault", "words"),
    [
        (nn.Sequential(nn.Linear(4, 4), Own()), UsageError, r"layer '1' \(Own\): no layer here is one"),
        (nn.Sequential(nn.Sequential(Doubled(4, 4))), UsageError, r"layer '0.0' \(Doubled\)"),
        (hooked(), UsageError, "hooks"),
        (tied(), UsageError, "2.weight and 0.weight are one tensor"),
        (nn.Sequential(nn.Dropout(0.5)), UsageError, r"layer '0' \(Dropout\): it draws numbers"),
        (nn.Sequential(nn.Softplus()), UsageError, "threshold"),
        (nn.Sequential(nn.Linear(4, 3), nn.Linear(4, 3)), ShapeError, r"layer '1' \(Linear\): it takes 4 .*\(5, 3\)"),
        (nn.utils.parametrizations.weight_norm(nn.Linear(4, 4)), UsageError, "Parametrized"),
        (nn.Sequential(nn.GELU(approximate="tanh")), UsageError, "approximate='tanh' has no term here, only 'none'"),
        (nn.Sequential(nn.Softmax(2)), UsageError, r"dim=2 is no axis of the shape \(5, 4\)"),
        (nn.BatchNorm1d(4), UsageError, "running statistics where nobody sees it"),
        (nn.BatchNorm1d(3).eval(), ShapeError, "it takes 3 channels"),
        (nn.LayerNorm(5), ShapeError, r"it takes \(5,\) last"),
        (nn.LayerNorm(4, bias=False), UsageError, "weight="),
        (nn.InstanceNorm2d(4), ShapeError, r"\(InstanceNorm2d\): it takes a batch"),
    ],
)
def test_what_would_be_another_map_is_refused(module: nn.Module, fault: type[Exception], words: str) -> None:
    with pytest.raises(fault, match=words):
        network_of(module, 5, 4)


@pytest.mark.parametrize(
    ("module", "fault", "words"),
    [
        (nn.Conv2d(4, 2, 1), ShapeError, "it takes 4 channels, not the shape"),
        (nn.Conv2d(2, 2, 1, padding_mode="reflect"), UsageError, "padding_mode='reflect'"),
        (nn.Conv2d(2, 2, 2, padding="same"), UsageError, "not the same on both sides"),
        (nn.Conv2d(2, 2, 9), ShapeError, "does not fit into a length of 3"),
        (nn.ConvTranspose2d(3, 2, 2), ShapeError, "it takes 3 channels"),
        (nn.ConvTranspose2d(2, 2, 2, stride=2, dilation=3, output_padding=2), ShapeError, "less than the stride"),
        (nn.MaxPool2d(2, ceil_mode=True), UsageError, "ceil_mode=True"),
        (nn.MaxPool2d(2, return_indices=True), UsageError, "return_indices=True"),
        (nn.AvgPool2d(2, padding=1, count_include_pad=False), UsageError, "count_include_pad=False"),
        (nn.AdaptiveAvgPool2d(2), UsageError, r"is not cut into \(2, 2\) windows of one size"),
        (nn.ZeroPad2d((-1, 0, 0, 0)), UsageError, "has no term here"),
        (nn.ReflectionPad2d((1, 0, 0, 0)), UsageError, "not the same on both sides"),
        (nn.Upsample(scale_factor=1.5), UsageError, "no whole number of entries"),
        (nn.Upsample(scale_factor=2, mode="bicubic"), UsageError, "mode='bicubic'"),
        (nn.GroupNorm(2, 2, affine=False), UsageError, "affine=False"),
        (nn.InstanceNorm2d(2, track_running_stats=True), UsageError, "track_running_stats=True"),
        (nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)), UsageError, "layer '0'"),
    ],
)
def test_layers_of_images_that_would_be_another_map_are_refused(
    module: nn.Module, fault: type[Exception], words: str
) -> None:
    with pytest.raises(fault, match=words):
        network_of(module, 2, 2, 3, 4)


def test_running_statistics_that_are_not_finite_are_refused() -> None:
    layer = nn.BatchNorm1d(2).eval()
    assert layer.running_var is not None
    layer.running_var[0] = float("nan")
    with pytest.raises(DataError, match="running statistics hold a number that is not finite"):
        network_of(layer, 3, 2)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"0.weight": None}, "missing: 0.weight"),
        ({"7.weight": torch.ones(2)}, "unknown: 7.weight"),
        ({"0.weight": torch.ones(4, 6)}, r"0.weight has the shape \(4, 6\); .* R\[4,6\], in torch's layout \(6, 4\)"),
        ({"0.bias": torch.ones(6, 1)}, r"0.bias has the shape \(6, 1\); the leaf it is to be is R\[6\]"),
        (
            {"0.bias": torch.ones(6, dtype=torch.int64)},
            "0.bias is a plain tensor of floating-point numbers, not torch.int64",
        ),
        ({"0.bias": torch.ones(6, dtype=torch.complex64)}, "complex64"),
        ({"0.bias": torch.ones(6).to_sparse()}, "layout torch.sparse"),
        ({"0.bias": torch.ones(6, device="meta")}, "meta"),
        ({"0.bias": torch.tensor([1.0, 2, 3, 4, 5, float("nan")])}, "0.bias holds a number that is not finite"),
        ({"0.bias": [1.0] * 6}, "not list"),
        ({"0.weight": torch.ones(()).expand(10**9, 10**9)}, "has the shape"),
    ],
)
def test_weights_that_do_not_fit_are_named(changed: dict[str, Any], words: str) -> None:
    module, _, network, _ = case("perceptron")
    state = {**module.state_dict(), **changed}
    state = {name: value for name, value in state.items() if value is not None}
    with pytest.raises(DataError, match=words):
        weights_from(state, module, network.map.param)


def test_a_module_of_other_shapes_is_left_as_it_was() -> None:
    _, _, network, weights = case("perceptron")
    other = seeded(nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2)))
    before = {name: value.clone() for name, value in other.state_dict().items()}
    with pytest.raises(DataError, match=r"2.weight has the shape \(2, 6\)"):
        into_module(other, network.map.param, weights)
    with pytest.raises(DataError, match="4 leaves; the module has 2: weight, bias"):
        into_module(nn.Linear(4, 6), network.map.param, weights)
    assert all(torch.equal(value, before[name]) for name, value in other.state_dict().items())
    assert list(leaves(UNIT)) == []


# ------------------------------------------------------------------------------------------------ files


def test_files_keep_every_bit(tmp_path: Path) -> None:
    module, shape, network, weights = case("perceptron")
    write_weights(tmp_path / "a.safetensors", state_dict_of(module, network.map.param, weights))
    torch.save(module.state_dict(), tmp_path / "a.pt")
    for name in ("a.safetensors", "a.pt"):
        again = weights_from(read_weights(tmp_path / name), module, network.map.param)
        assert all(torch.equal(one, other) for one, other in zip(again, weights, strict=True))
    assert sorted(os.listdir(tmp_path)) == ["a.pt", "a.safetensors"]
    x = drawn(*shape)
    found = evaluate(network.map.inside, (unflatten(network.map.param, list(weights)), x), ENGINE)
    torch.testing.assert_close(found, module(x).detach(), rtol=0, atol=1e-13)


class Payload:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("made by a pickle",)


HOSTILE: dict[str, bytes] = {
    "empty.safetensors": b"",
    "short.safetensors": b"\x10\0\0\0",
    "huge.safetensors": struct.pack("<Q", 2**62) + b"{}",
    "no json.safetensors": struct.pack("<Q", 4) + b"}}}}",
    "outside.safetensors": struct.pack("<Q", 60) + b'{"a":{"dtype":"F32","shape":[1000],"data_offsets":[0,4000]}}',
    "overlap.safetensors": struct.pack("<Q", 108)
    + b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}   '[
        :108
    ]
    + b"\0" * 4,
    "pickle.safetensors": pickle.dumps(Payload()),
    "pickle.pt": pickle.dumps(Payload()),
    "pickle.bin": pickle.dumps({"0.weight": Payload()}),
    "random.pt": bytes(range(256)) * 4,
    "empty.pth": b"",
    "zip.pt": b"PK\x03\x04" + b"\0" * 40,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_damaged_or_hostile_file_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(HOSTILE[name])
    with pytest.raises(DataError, match=name):
        read_weights(name)
    assert os.listdir() == [name]


@pytest.mark.parametrize("name", ["a.safetensors", "a.pt", "old.pt"])
def test_a_file_with_wrong_bytes_is_refused_or_read_and_nothing_else(name: str, tmp_path: Path) -> None:
    module, _, network, _ = case("perceptron")
    whole, file, draw = tmp_path / name, tmp_path / f"wrong{Path(name).suffix}", Random(0)
    if whole.suffix == ".pt":
        torch.save(module.state_dict(), whole, _use_new_zipfile_serialization=name == "a.pt")
    else:
        write_weights(whole, module.state_dict())
    content, refused = whole.read_bytes(), 0
    for _ in range(100):
        wrong = bytearray(content)
        if draw.random() < 0.5:
            wrong = wrong[: draw.randrange(len(wrong))]
        else:
            wrong[draw.randrange(min(400, len(wrong)))] ^= 1 << draw.randrange(8)
        file.write_bytes(bytes(wrong))
        try:
            weights_from(read_weights(file), module, network.map.param)
        except DataError:
            refused += 1
    assert refused > 50


def test_a_saved_module_object_is_refused(tmp_path: Path) -> None:
    torch.save(nn.Linear(2, 2), tmp_path / "whole.pt")
    torch.save({"epoch": 3, "model": {}}, tmp_path / "more.pt")
    torch.save([torch.ones(2)], tmp_path / "list.pt")
    with pytest.raises(DataError, match="asks for more than tensors, and was not loaded"):
        read_weights(tmp_path / "whole.pt")
    with pytest.raises(DataError, match="'epoch' is int, not a tensor"):
        read_weights(tmp_path / "more.pt")
    with pytest.raises(DataError, match="holds list"):
        read_weights(tmp_path / "list.pt")
    with pytest.raises(UsageError, match="no file"):
        read_weights(tmp_path / "absent.pt")
    with pytest.raises(UsageError, match=r"not from '\.npz' files"):
        read_weights(tmp_path / "a.npz")
    with pytest.raises(UsageError, match="cannot write"):
        write_weights(tmp_path / "absent" / "a.safetensors", {"a": torch.ones(2)})
