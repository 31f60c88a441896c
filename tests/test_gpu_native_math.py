"""Elementary functions in C are within their declared bounds, and the check that says so notices planted errors."""

from __future__ import annotations

import ctypes
import math
import platform
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from verified_cat.errors import UsageError, VerifiedCatError
from verified_cat.gpu import native, native_check, native_math
from verified_cat.gpu.native_check import CHECKED_F32, Figure, float32_figures
from verified_cat.gpu.native_math import BOUNDS

try:
    native.compiler()
except VerifiedCatError:
    pytest.skip("no C compiler here", allow_module_level=True)


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def test_float32_within_bounds_on_a_million_numbers() -> None:
    figures = list(float32_figures())
    assert {figure.function for figure in figures} == {*CHECKED_F32}
    assert [str(figure) for figure in figures if not figure.holds] == []
    assert all(figure.count > 1_000_000 and figure.strength == "sampled" for figure in figures)
    assert all(figure.worst > 0.4 for figure in figures if figure.function not in native_math.EXACT)


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="names an x86 instruction set")
def test_float32_within_bounds_without_fused_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the oldest 64-bit processors there are none, and vectors of four."""
    monkeypatch.setattr(native, "machine_flags", lambda: (native.Flag("-march=x86-64", "no FMA, no AVX"),))
    assert [str(figure) for figure in float32_figures() if not figure.holds] == []


PLANTED = (
    ("exp", "0x1.5554bp-3f", "0x1.5564bp-3f", "a coefficient"),
    ("exp", "z > 89.0f ? 89.0f : z", "z > 80.0f ? 80.0f : z", "the range"),
    ("exp", "int32_t half = n >> 1", "int32_t half = n", "subnormal results"),
    ("exp", "x < -104.0f ? -104.0f : x", "x > -104.0f ? x : -104.0f", "NaN"),
    ("log", "-0x1.547244p-3f", "-0x1.548244p-3f", "a coefficient"),
    ("log", "x * 0x1p25f", "x * 0x1p24f", "subnormal arguments"),
    ("tanh", "VC_FMAF(m, power, power - 1.0f)", "VC_FMAF(m, power, power) - 1.0f", "cancellation"),
    ("tanh", "__builtin_copysignf(m / (m + 2.0f), x)", "(x < 0 ? -1 : 1) * (m / (m + 2.0f))", "the sign of zero"),
    ("softplus", "large ? 0.5f * (e - 1.0f) : e", "large ? 0.5f * e - 0.5000002f : e", "a constant"),
    ("sin", "0x1.111108p-7f", "0x1.111508p-7f", "a coefficient"),
    ("sin", "-0x1.1a62633145c07p-54", "-0x1.1a62633145c07p-50", "the second part of a constant"),
    ("gaussian_cdf", "0x1.8c6dbf1558b96p-5", "0x1.8c6dcf1558b96p-5", "a coefficient"),
    ("relu", "x < 0.0f ? 0.0f : x", "x > 0.0f ? x : 0.0f", "NaN, and the sign of zero"),
)


def figures_with(planted: list[tuple[str, str, str, str]], function: str) -> Figure:
    text = native_math.prelude("float32")
    for _, old, new, _ in planted:
        assert text.count(old) >= 1, f"{old} is not in the source, so nothing is planted"
        text = text.replace(old, new)
    (figure,) = float32_figures((function,), text=text)
    return figure


@pytest.mark.parametrize("planted", PLANTED, ids=[f"{row[0]}: {row[3]}" for row in PLANTED])
def test_a_planted_error_is_refuted(planted: tuple[str, str, str, str]) -> None:
    assert not figures_with([planted], planted[0]).holds


def test_a_result_that_depends_on_where_it_stands_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """One bit at 1, in the loop and not in the single call: within the bound, and found all the same."""
    plain = "y[i] = {call}(x[i]);"
    flipped = "y[i] = x[i] == 1.0f ? vc_from_bits_f32(vc_bits_f32({call}(x[i])) ^ 1) : {call}(x[i]);"
    monkeypatch.setattr(native_check, "LOOPS", native_check.LOOPS.replace(plain, flipped, 1))
    (figure,) = float32_figures(("tanh",))
    assert (figure.wrong, figure.first_wrong, figure.worst <= figure.bound) == (1, 1.0, True)


def test_float64_within_bounds_on_samples() -> None:
    pytest.importorskip("flint")
    from verified_cat.gpu.native_check_f64 import float64_figures

    figures = list(float64_figures(count=300))
    assert {figure.function for figure in figures} == {*BOUNDS["float64"]}
    assert [str(figure) for figure in figures if not figure.holds] == []


def test_planted_errors_in_float64_are_refuted() -> None:
    pytest.importorskip("flint")
    from verified_cat.gpu.native_check_f64 import float64_figures

    text = native_math.prelude("float64")
    for function, old, new in (
        ("exp", "0x1.6c16c17ee739cp-10", "0x1.6c16c17fe739cp-10"),
        (
            "cos",
            "w[i] = t[i] << s | t[i + 1] >> 1 >> (63 - s)",
            "w[i] = i == 2 ? 0 : t[i] << s | t[i + 1] >> 1 >> (63 - s)",
        ),
    ):
        assert old in text
        (figure,) = float64_figures((function,), count=300, text=text.replace(old, new))
        assert not figure.holds, function


@pytest.mark.parametrize("name", ["exp", "log", "tanh", "sin", "cos"])
def test_the_reference_is_far_more_accurate_than_a_float(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """256 ulps of a double are 2^-21 ulps of a float: what the check takes for granted of the C library."""
    flint = pytest.importorskip("flint")
    from verified_cat.gpu.native_check_f64 import BITS, ENCLOSED, error_in_ulps

    monkeypatch.setattr(flint.ctx, "prec", BITS)
    hard = [16367173.0 * 2.0**72, *map(float.fromhex, ("0x1.c95c9ep+54", "0x1.f1ed5p+54"))]  # near multiples of π / 2
    wide = np.random.default_rng(1).integers(0, 2**31, 1500, dtype=np.uint32).view(np.float32)
    numbers = [float(x) for x in (*wide, *hard) if 0 < x < (80 if name == "exp" else math.inf)]
    worst = max(error_in_ulps(getattr(math, name)(x), ENCLOSED[name](flint.arb(x))) for x in numbers)
    assert 0.4 < worst <= 256


def test_the_tables_of_pi() -> None:
    digits = "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899"
    scaled = int(digits.replace(".", "")) * 2**200 // 10**80
    assert abs(native_math.pi_scaled(200) - scaled) <= 1
    assert "0xa2f9836e4e441529u" in native_math.two_over_pi()  # the first bits of 2/π (Payne and Hanek 1983)


def test_the_declared_bounds_are_those_that_the_rounding_analysis_assumes() -> None:
    from verified_cat.reference.balls import ULPS

    for dtype, bounds in BOUNDS.items():
        assert {name: bounds[name] for name in ULPS if bounds[name] > ULPS[name]} == {}, dtype


def test_unknown_names() -> None:
    with pytest.raises(UsageError, match="no elementary function 'tan'; did you mean tanh"):
        native_math.named("tan", "float32")
    with pytest.raises(UsageError, match="does not compute in 'float16'"):
        native_math.prelude("float16")


def test_every_text_is_in_the_wheel() -> None:
    import tomllib

    root = Path(__file__).resolve().parent.parent
    table = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert "*.h" in table["package-data"]["*"]
    assert {path.name for path in (root / "gpu").glob("*.h")} >= {"native_common.h", "native_f32.h", "native_f64.h"}


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert native_check.main(["--only", "relu,step"]) == 0
    assert capsys.readouterr().out.count("ok ") == 2
    with pytest.raises(UsageError, match="for float32"):
        native_check.main(["--dtype", "float64", "--exhaustive"])


def test_leaky_relu() -> None:
    built = native.library(
        native_math.prelude("float32") + "float leaky(float x, float s) { return vc_leaky_relu_f32(x, s); }\n"
    )
    built.leaky.argtypes, built.leaky.restype = [ctypes.c_float, ctypes.c_float], ctypes.c_float
    slope = float(np.float32(0.01))
    for x in (-3.0, -0.0, 0.0, 2.5, math.inf, -math.inf):
        want = x if x >= 0 else float(np.float32(np.float32(x) * np.float32(slope)))
        assert struct.pack("f", built.leaky(x, slope)) == struct.pack("f", want)
    assert math.isnan(built.leaky(math.nan, slope))
