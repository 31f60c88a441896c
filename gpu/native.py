"""library(source): C source -> loaded machine code, equal sources (flags, compiler, processor) to one stored file.

The compiler is the system's: ``CC`` where it is set (a command, arguments allowed), else the first of cc, gcc, clang.
What it is told is the table ``FLAGS``, each with its reason and the liberty with IEEE 754 that it takes. There is no
``-ffast-math``: no reassociation, no reciprocals, no assumption that numbers are finite, no loss of signed zeros and
no flushing of subnormal numbers. So a sum is added in the order in which the source says it.

Compiled code is kept in ``$XDG_CACHE_HOME/verified_cat/native`` (``~/.cache/...``) under a hash of everything that it
depends on. A file comes there under its final name by one rename of what was loaded with success, so that two processes
may build the same at once, and nobody reads half a file. A stored file that does not load is built anew. A folder that
cannot be written, or that somebody else could write, is not used: a temporary one then serves this process.
"""

from __future__ import annotations

import atexit
import ctypes
import errno
import hashlib
import os
import platform
import shlex
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from verified_cat import surroundings
from verified_cat.errors import MissingExtra, VerifiedCatError

TIMEOUT = 120.0
SHOWN = 12  # lines of a compiler's message that an error repeats


class NativeError(VerifiedCatError, RuntimeError):
    """C source that could not be compiled or loaded; the message has the compiler's own first lines."""


@dataclass(frozen=True, slots=True)
class Flag:
    """One thing that the compiler is told: why, and what of IEEE 754 it gives up ("none": nothing)."""

    name: str
    why: str
    liberty: str = "none"


FLAGS = (
    Flag("-std=gnu11", "the dialect of our sources: vector types, statement order as in C11"),
    Flag("-Werror=implicit-function-declaration", "a misspelt function would be taken for one that returns an int"),
    Flag("-O3", "turns loops over arrays into vector code"),
    Flag("-fno-math-errno", "sqrt becomes one instruction", "errno is not set; no result changes"),
    Flag(
        "-fno-trapping-math",
        "both sides of a selection may be computed, so that selections become vector code",
        "the exception flags (inexact, invalid, ...) are not kept; no result changes",
    ),
    Flag(
        "-ffp-contract=fast",
        "a * b + c may become one fused operation",
        "a product is not rounded before it is added: one rounding fewer, which every rounding bound covers",
    ),
    Flag("-fPIC", "a library that is loaded at run time"),
    Flag("-shared", "a library that is loaded at run time"),
)
"""What holds on every machine; ``machine_flags`` adds the instruction set of this one."""

IN_BODY = Flag("-march=native", "all instructions of this processor; it is part of the key of the cache")
ELSEWHERE = Flag("-mcpu=native", "the same, as compilers for other processors spell it")
WIDE = Flag("-mprefer-vector-width=512", "gcc and clang otherwise use half of a vector register of AVX-512")


@dataclass(frozen=True, slots=True)
class Compiler:
    """A command that compiles C, what it calls itself, and what it is told."""

    command: tuple[str, ...]
    version: str
    flags: tuple[str, ...]

    def key(self, source: str) -> str:
        """The name of the compiled form of ``source``: everything that it depends on, hashed."""
        parts = (source, self.version, processor(), *self.command, *self.flags)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]


@lru_cache(maxsize=1)
def processor() -> str:
    """What ``native`` means here: the architecture, the name and the instruction sets of the processor."""
    said = surroundings.processor()
    kept = [f"{name}: {said[name]}" for name in ("model name", "flags", "Features", "CPU part") if name in said]
    return "\n".join([platform.system(), platform.machine(), platform.processor(), *kept])


def machine_flags() -> tuple[Flag, ...]:
    """The flags that name this processor."""
    if platform.machine().lower() not in ("x86_64", "amd64", "i686"):
        return (ELSEWHERE,)
    return (IN_BODY, WIDE) if " avx512f" in processor() else (IN_BODY,)


def compiler() -> Compiler:
    """The C compiler of this system. Raises MissingExtra where there is none, or where ``CC`` names none."""
    given = os.environ.get("CC", "").strip()
    command = _named(given) if given else _found()
    return Compiler(command, _version(command), tuple(flag.name for flag in (*FLAGS, *machine_flags())))


WAY_OUT = (
    "Install one (Debian, Ubuntu: apt-get install gcc; macOS: xcode-select --install) or set CC to its command; "
    "the default backend needs none"
)


def _named(given: str) -> tuple[str, ...]:
    words = shlex.split(given)
    found = shutil.which(words[0])
    if found is None:
        raise MissingExtra(f"the native backend: CC is {given!r}, and there is no command {words[0]!r}. {WAY_OUT}")
    return (found, *words[1:])


def _found() -> tuple[str, ...]:
    for name in ("cc", "gcc", "clang"):
        found = shutil.which(name)
        if found is not None:
            return (found,)
    raise MissingExtra(f"the native backend needs a C compiler, and none of cc, gcc, clang is on the PATH. {WAY_OUT}")


@lru_cache(maxsize=16)
def _version_of(command: tuple[str, ...], changed: float) -> str:
    done = _run((*command, "--version"), timeout=20.0)
    if done.returncode != 0 or not done.stdout.strip():
        raise NativeError(
            f"{shlex.join(command)} --version failed, so this is no C compiler that can be used: {said(done)}"
        )
    return done.stdout


def _version(command: tuple[str, ...]) -> str:
    """What the compiler says of itself; asked anew once its file has changed."""
    return _version_of(command, os.stat(command[0]).st_mtime)


def _run(command: tuple[str, ...], timeout: float) -> subprocess.CompletedProcess[str]:
    """Run to the end. After the limit the whole group is ended: a compiler is several processes."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, "LC_ALL": "C"},
            start_new_session=True,
        )
    except OSError as problem:
        raise NativeError(f"the C compiler {command[0]} could not be started: {problem.strerror}") from problem
    with process:
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as late:
            raise NativeError(
                f"the C compiler {command[0]} was still running after {timeout:g} s and was ended"
            ) from late
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def said(done: subprocess.CompletedProcess[str]) -> str:
    """The first lines of a compiler's message, and its exit status."""
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    more = [f"... and {len(lines) - SHOWN} more lines"] if len(lines) > SHOWN else []
    return "\n".join([f"exit status {done.returncode}", *lines[:SHOWN], *more])


# ------------------------------------------------------------------------------------------------ the cache


def cache() -> Path:
    """Where compiled code is kept: the user's cache folder, or a temporary one where that cannot be used."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    folder = (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "verified_cat" / "native"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        about = folder.stat()
        safe = about.st_uid == os.getuid() and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if safe and os.access(folder, os.W_OK | os.X_OK):
            return folder
    except (OSError, RuntimeError):
        pass  # no home, a file where the folder should be, no permission: all are answered by the line below
    return _temporary()


@lru_cache(maxsize=1)
def _temporary() -> Path:
    folder = tempfile.mkdtemp(prefix="verified_cat_native_")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


_loaded: dict[str, ctypes.CDLL] = {}
_lock = threading.Lock()


def library(source: str, *, flags: tuple[str, ...] = (), timeout: float = TIMEOUT) -> ctypes.CDLL:
    """The functions of a C source, compiled where this was not done before; ``flags`` come after the table's.

    Raises MissingExtra where there is no compiler, and NativeError where it fails, takes longer than ``timeout``
    seconds, or writes what cannot be loaded.
    """
    used = compiler()
    used = Compiler(used.command, used.version, (*used.flags, *flags))
    key = used.key(source)
    with _lock:
        if key not in _loaded:
            folder = cache()
            _loaded[key] = _stored(folder / f"{key}.so") or _built(used, source, folder, key, timeout)
        return _loaded[key]


def _stored(path: Path) -> ctypes.CDLL | None:
    """What an earlier process stored; nothing where it does not load, and is in the way no longer."""
    if not path.exists():
        return None
    try:
        return ctypes.CDLL(str(path))
    except OSError:
        path.unlink(missing_ok=True)
        return None


def _built(used: Compiler, source: str, folder: Path, key: str, timeout: float) -> ctypes.CDLL:
    """Compile in a folder of its own beside the final place, load, and only then rename."""
    try:
        with tempfile.TemporaryDirectory(prefix="build_", dir=folder, ignore_cleanup_errors=True) as work:
            text, made = Path(work) / f"{key}.c", Path(work) / f"{key}.so"
            text.write_text(source, encoding="utf-8")
            _compile(used, text, made, timeout)
            loaded = _load(used, made)
            os.replace(made, folder / f"{key}.so")
            return loaded
    except OSError as problem:
        raise _unwritten(folder, problem) from problem


def _compile(used: Compiler, text: Path, made: Path, timeout: float) -> None:
    done = _run((*used.command, *used.flags, "-o", str(made), str(text), "-lm"), timeout)
    if "No space left on device" in done.stderr:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if done.returncode != 0:
        raise NativeError(f"{used.command[0]} did not compile our C source: {said(done)}")
    if not made.exists():
        raise NativeError(f"{used.command[0]} reported success and wrote no library: {said(done)}")


def _load(used: Compiler, made: Path) -> ctypes.CDLL:
    try:
        return ctypes.CDLL(str(made))
    except OSError as problem:
        raise NativeError(f"{used.command[0]} wrote a library that does not load: {problem}") from problem


def _unwritten(folder: Path, problem: OSError) -> NativeError:
    full = problem.errno in (errno.ENOSPC, errno.EDQUOT)
    why = "the disk is full" if full else f"{problem.strerror or problem}"
    return NativeError(f"compiled code could not be written to {folder}: {why}; XDG_CACHE_HOME names another place")
