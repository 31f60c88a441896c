"""C to loaded code: what the cache is keyed by, and what is said when a compiler is missing, fails, hangs or lies."""

from __future__ import annotations

import ctypes
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from verified_cat.errors import MissingExtra, VerifiedCatError
from verified_cat.gpu import native
from verified_cat.gpu.native import NativeError

try:
    native.compiler()
except VerifiedCatError:
    pytest.skip("no C compiler here", allow_module_level=True)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is read from or written to the cache of whoever runs the tests; nothing is remembered between them."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(native, "_loaded", {})
    return tmp_path / "cache" / "verified_cat" / "native"


def answering(number: object) -> str:
    return f"int answer(void) {{ return {number}; }}\n"


def fake(folder: Path, body: str) -> str:
    """A command that says a version, and for the rest does as ``body``, where $out is the library asked for."""
    path = folder / "fake-cc"
    out = 'while [ $# -gt 0 ]; do if [ "$1" = -o ]; then out="$2"; fi; shift; done'
    path.write_text(f'#!/bin/sh\nif [ "$1" = --version ]; then echo fake 1.0; exit 0; fi\n{out}\n{body}\n')
    path.chmod(0o755)
    return str(path)


def test_compiles_loads_and_stores(own_cache: Path) -> None:
    assert native.library(answering(42)).answer() == 42
    assert [path.suffix for path in own_cache.iterdir()] == [".so"]


def test_a_stored_library_is_used_without_a_compiler_run(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    native.library(answering(1))
    native._loaded.clear()
    monkeypatch.setattr(native, "_compile", lambda *_: pytest.fail("compiled again"))
    assert native.library(answering(1)).answer() == 1


def test_the_same_library_object_is_given_again() -> None:
    assert native.library(answering(2)) is native.library(answering(2))


def test_source_flags_version_command_and_processor_are_in_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    base = native.Compiler(("cc",), "version 1", ("-O3",))
    others = [
        native.Compiler(("cc",), "version 2", ("-O3",)),
        native.Compiler(("cc",), "version 1", ("-O2",)),
        native.Compiler(("gcc",), "version 1", ("-O3",)),
    ]
    keys = [base.key("int x;"), base.key("int y;"), *(other.key("int x;") for other in others)]
    monkeypatch.setattr(native, "processor", lambda: "another")
    assert len({*keys, base.key("int x;")}) == 6


def test_a_stored_file_that_does_not_load_is_built_anew(own_cache: Path) -> None:
    native.library(answering(3))
    (stored,) = own_cache.iterdir()
    stored.unlink()  # the loaded file itself must not be overwritten: it is mapped
    stored.write_bytes(b"half a file")
    native._loaded.clear()
    assert native.library(answering(3)).answer() == 3


def test_another_process_may_store_the_same_meanwhile(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compile_, used = native._compile, native.compiler()

    def and_meanwhile(*given: Any) -> None:
        compile_(*given)
        shutil.copy(given[2], own_cache / f"{used.key(answering(4))}.so")

    monkeypatch.setattr(native, "_compile", and_meanwhile)
    assert native.library(answering(4)).answer() == 4
    native._loaded.clear()
    assert native.library(answering(4)).answer() == 4
    assert len(list(own_cache.iterdir())) == 1


def test_threads_may_ask_for_the_same_at_once(own_cache: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert {*pool.map(lambda _: native.library(answering(14)).answer(), range(8))} == {14}
    assert len(list(own_cache.iterdir())) == 1


def test_no_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingExtra, match=r"none of cc, gcc, clang.*apt-get install gcc.*default backend needs none"):
        native.library(answering(5))


def test_cc_names_no_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler -m32")
    with pytest.raises(MissingExtra, match="CC is 'no-such-compiler -m32'"):
        native.library(answering(6))


def test_cc_with_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", " ".join([*native.compiler().command, "-DVALUE=7"]))
    assert native.library(answering("VALUE")).answer() == 7


def test_an_error_in_the_source_shows_the_first_lines_only() -> None:
    with pytest.raises(NativeError, match=r"(?s)exit status 1.*error:.*more lines") as raised:
        native.library("\n".join(f"int f{n}(void) {{ return undeclared{n}; }}" for n in range(30)))
    assert len(str(raised.value).splitlines()) <= native.SHOWN + 3


def test_a_function_that_is_not_declared_is_an_error() -> None:
    with pytest.raises(NativeError, match="implicit"):
        native.library("double f(double x) { return vc_misspelt(x); }")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("echo boom >&2; exit 3", r"(?s)did not compile our C source: exit status 3.*boom"),
        ('echo garbage > "$out"', "wrote a library that does not load"),
        ("exit 0", "reported success and wrote no library"),
        ("echo 'ld: final link failed: No space left on device' >&2; exit 1", "the disk is full; XDG_CACHE_HOME"),
        ("kill -9 $$", "exit status -9"),
    ],
)
def test_a_compiler_that_fails(
    body: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_cache: Path
) -> None:
    monkeypatch.setenv("CC", fake(tmp_path, body))
    with pytest.raises(NativeError, match=said):
        native.library(answering(8))
    assert list(own_cache.iterdir()) == []  # nothing half done is left


def test_a_compiler_that_hangs_is_ended_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = tmp_path / "child"
    monkeypatch.setenv("CC", fake(tmp_path, f"sleep 60 & echo $! > {mark}; wait"))
    with pytest.raises(NativeError, match=r"still running after 3 s and was ended"):
        native.library(answering(9), timeout=3)
    assert ended(int(mark.read_text()))


def ended(process: int) -> bool:
    """Whether it is gone, or a zombie that nobody has waited for; looked at for twenty seconds."""
    for _ in range(400):
        try:
            if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
            os.kill(process, 0)
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


def test_a_command_that_is_no_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "not-a-compiler"
    path.write_text("#!/bin/sh\nexit 1\n")
    path.chmod(0o755)
    monkeypatch.setenv("CC", str(path))
    with pytest.raises(NativeError, match="--version failed"):
        native.library(answering(10))


def test_a_disk_that_is_full_before_the_compiler_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(NativeError, match="the disk is full"):
        native.library(answering(11))


def test_a_cache_that_cannot_be_made_is_replaced(tmp_path: Path, own_cache: Path) -> None:
    own_cache.parent.parent.mkdir()
    own_cache.parent.write_text("a file where the folder should be")
    assert native.library(answering(12)).answer() == 12
    assert native.cache() == native._temporary()


def test_a_cache_that_others_can_write_is_not_used(own_cache: Path) -> None:
    own_cache.mkdir(parents=True)
    own_cache.chmod(0o777)
    assert native.library(answering(13)).answer() == 13
    assert list(own_cache.iterdir()) == []


def test_no_flag_gives_up_more_than_it_says() -> None:
    flags = native.compiler().flags
    assert not {"-ffast-math", "-Ofast", "-funsafe-math-optimizations", "-ffinite-math-only"} & {*flags}
    text = """
    double sum(const double *x, long n) { double s = 0; for (long i = 0; i < n; i++) s += x[i]; return s; }
    int keeps_nan(double x) { return x != x; }
    double keeps_zero(double x) { return x + 0.0; }
    double keeps_tiny(double x) { return x * 0.5; }
    """
    built = native.library(text)
    for name in ("keeps_zero", "keeps_tiny"):
        getattr(built, name).argtypes, getattr(built, name).restype = [ctypes.c_double], ctypes.c_double
    built.keeps_nan.argtypes = [ctypes.c_double]
    built.sum.argtypes, built.sum.restype = [ctypes.c_void_p, ctypes.c_long], ctypes.c_double
    numbers = (ctypes.c_double * 64)(1e16, *[1.0] * 62, -1e16)
    assert built.sum(numbers, 64) == 0.0  # in order: each 1 is lost; in any other grouping some are not
    assert built.keeps_nan(float("nan")) == 1
    assert (
        str(built.keeps_zero(-0.0)) == "0.0"
    )  # -0 + 0 = +0, which an optimiser without signed zeros would not compute
    assert built.keeps_tiny(5e-324 * 2) == 5e-324
