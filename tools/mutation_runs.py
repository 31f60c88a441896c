"""Runs of tests on mutants: one pytest session that has collected everything, and a forked child for each mutant."""

from __future__ import annotations

import gc
import importlib.abc
import importlib.machinery
import importlib.util
import json
import math
import os
import resource
import select
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from time import monotonic, process_time
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

from tools.mutants import Mutant, mutated

Found = tuple[str, str]
MOST = 3.0
"""Seconds of tests that one mutant gets at most, the quickest first."""


class Session:
    """The collected tests; for each, the lines of the modules it runs, and its seconds."""

    def __init__(self, items: Sequence[pytest.Item], files: Sequence[Path]) -> None:
        self.items = {item.nodeid: item for item in items}
        measured = self._measured(files)
        self.took: dict[str, float] = {name: took for name, (took, passed) in measured["took"].items() if passed}
        self.functions = {str(file): _functions(str(file)) for file in files}
        self.imported: dict[str, list[int]] = _at_import(files)
        self.failed = sorted(name for name, (_, passed) in measured["took"].items() if not passed)
        self.lines: dict[str, dict[int, list[str]]] = {
            file: {int(line): names for line, names in lines.items()} for file, lines in measured["lines"].items()
        }

    def what(self) -> str:
        """What was collected and passes."""
        left = f"; left out, as they fail without a mutant: {', '.join(self.failed)}" if self.failed else ""
        return f"{len(self.took)} tests in {sum(self.took.values()):.0f} s of processor{left}"

    def _measured(self, files: Sequence[Path]) -> Any:
        """Every test once, in a child, under coverage."""

        def run() -> Any:
            from coverage import Coverage

            watch = Coverage(data_file=None, include=[str(file) for file in files], config_file=False)
            watch.set_option("run:disable_warnings", ["no-data-collected"])  # constants alone: the import runs them
            took: dict[str, tuple[float, bool]] = {}
            watch.start()
            for name, item in self.items.items():
                watch.switch_context(name)
                start = process_time()
                passed = not _failure(item)
                took[name] = (process_time() - start, passed)
            watch.stop()
            data = watch.get_data()
            return {"took": took, "lines": {str(file): data.contexts_by_lineno(str(file)) for file in files}}

        word, content = _child(run, 3600, 7200)
        if word != "done":
            raise RuntimeError(f"the tests do not run without a mutant: {word} {content}")
        return content

    def covering(self, file: Path, mutant: Mutant) -> list[str]:
        """The tests that run a line of the mutant, the quickest first."""
        lines = self.lines.get(str(file), {})
        names = {name for line in range(mutant.first, mutant.last + 1) for name in lines.get(line, ())}
        return self._chosen(name for name in names if name in self.took)

    def all_tests(self) -> list[str]:
        """The quickest of all: for what runs when the module is imported, which no test is seen to run."""
        return self._chosen(self.took)

    def when_changed(self, file: Path, mutant: Mutant) -> list[str]:
        """The tests for a module imported anew: those that run the lines first, then, where they stand outside of
        functions, or no test runs them, the quickest of all, for what an import makes is seen elsewhere."""
        first = self.covering(file, mutant)
        more = [] if first and mutant.where != "module" else self.all_tests()
        return [*first, *(name for name in more if name not in first)]

    def when_imported(self, file: Path, mutant: Mutant) -> bool:
        """Whether a line of the mutant is run by the import of the package, before any test."""
        return not set(range(mutant.first, mutant.last + 1)).isdisjoint(self.imported[str(file)])

    def _chosen(self, names: Any) -> list[str]:
        chosen, total = list[str](), 0.0
        for name in sorted(names, key=lambda name: (self.took[name], name)):
            total += self.took[name]
            if total > MOST and chosen:
                break
            chosen.append(name)
        return chosen

    def seconds(self, names: Sequence[str]) -> float:
        """What these take without a mutant."""
        return sum(self.took[name] for name in names)

    def changed(self, file: Path, source: str, mutant: Mutant) -> Found | None:
        """The mutant in place of the functions that are loaded; None where it is not in a function, or untested."""
        names = self.covering(file, mutant)
        if mutant.where == "module" or not names:
            return None

        def run() -> Any:
            if not _replaced(self.functions[str(file)], compile(mutated(source, mutant), str(file), "exec")):
                return None
            return next((name for name in names if _failure_in_time(self.items[name], self.took[name])), "")

        word, content = _child(run, 2 + 5 * self.seconds(names), 60 + 20 * self.seconds(names))
        if word != "done":
            return word, ""
        return None if content is None else ("killed", content) if content else ("survived", f"{len(names)} tests pass")


def _at_import(files: Sequence[Path]) -> Any:
    """File ↦ the lines of its functions that importing all that is now loaded runs; what stands outside of functions
    is always run then."""

    def run() -> Any:
        from coverage import Coverage

        loaded = _forget()
        watch = Coverage(data_file=None, include=[str(file) for file in files], config_file=False)
        watch.set_option("run:disable_warnings", ["no-data-collected"])  # what no test imports at its head
        watch.start()
        for name in [name for name in loaded if name.partition(".")[0] in {file.parent.name for file in files}]:
            importlib.import_module(name)
        watch.stop()
        return {str(file): watch.get_data().lines(str(file)) or [] for file in files}

    word, content = _child(run, 600, 1200)
    if word != "done":
        raise RuntimeError(f"the package cannot be imported a second time: {word}")
    return content


def _forget() -> list[str]:
    """The modules of this folder, which the next import makes anew; all but these tools."""
    here = Path.cwd()
    names = [
        name
        for name, module in sys.modules.items()
        if (file := getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), None))
        and Path(file).is_relative_to(here)
        and "site-packages" not in Path(file).parts
        and name.partition(".")[0] not in ("tools", "__main__")
    ]
    for name in names:
        del sys.modules[name]
    return names


def session(options: Sequence[str], files: Sequence[Path], body: Callable[[Session], None]) -> None:
    """Collect what the options name, and do the body with it."""

    class Loop:
        @pytest.hookimpl(tryfirst=True)
        def pytest_runtestloop(self, session: pytest.Session) -> bool:
            manager = session.config.pluginmanager.getplugin("capturemanager")
            manager.suspend_global_capture(in_=True)
            body(Session(session.items, files))
            return True

    _quiet_profile()
    if pytest.main([*_ALWAYS, *options], plugins=[Loop()]) not in (0, 1, 5):
        raise RuntimeError("pytest did not collect the tests")


_AGAIN = "ignore::pytest.PytestAssertRewriteWarning"  # a child starts pytest a second time
_ALWAYS = (
    "-q",
    "--no-header",
    "--no-summary",
    "-p",
    "no:cacheprovider",
    "--capture=sys",
    "--assert=plain",
    "-x",
    "-W",
    _AGAIN,
)


def _quiet_profile() -> None:
    """Hypothesis without shrinking and without a memory: a mutant need only be noticed."""
    from hypothesis import Phase, settings

    settings.register_profile("mutation", phases=(Phase.explicit, Phase.generate), database=None, deadline=None)
    settings.load_profile("mutation")


def _failure(item: pytest.Item) -> bool:
    from _pytest.runner import runtestprotocol

    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def _failure_in_time(item: pytest.Item, took: float) -> bool:
    """As above; a mutant that makes the test five times as long, and a second, ends the process: a timeout."""
    signal.setitimer(signal.ITIMER_PROF, 1 + 5 * took)
    try:
        return _failure(item)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


# ------------------------------------------------------------------------------------------------ in place


def _functions(file: str) -> list[FunctionType]:
    """The functions of the file that are loaded."""
    return [each for each in gc.get_objects() if type(each) is FunctionType and each.__code__.co_filename == file]


def _replaced(functions: Sequence[FunctionType], whole: CodeType) -> bool:
    """Give every function its new code. False where nothing changed, or a closure no longer fits."""
    new = {(code.co_qualname, code.co_firstlineno): code for code in _codes(whole)}
    done = False
    for each in functions:
        code = new.get((each.__code__.co_qualname, each.__code__.co_firstlineno))
        if code is not None and code != each.__code__:
            if code.co_freevars != each.__code__.co_freevars:
                return False
            each.__code__ = code
            done = True
    return done


def _codes(code: CodeType) -> list[CodeType]:
    parts = [part for part in code.co_consts if isinstance(part, CodeType)]
    return [code, *(each for part in parts for each in _codes(part))]


# ------------------------------------------------------------------------------------------------ afresh


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from the mutated tree."""

    def __init__(self, name: str, file: Path, code: CodeType) -> None:
        self.name, self.file, self.code, self.loaded = name, file, code, False

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name != self.name:
            return None
        folder = [str(self.file.parent)] if self.file.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(name, self.file, loader=self, submodule_search_locations=folder)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(self.code, module.__dict__)  # noqa: S102 - the program under test
        self.loaded = True


def fresh(file: Path, source: str, mutant: Mutant, names: Sequence[str], flags: Sequence[str], seconds: float) -> Found:
    """The mutant imported anew in a session of its own, and these tests run."""
    module = f"{file.parent.name}.{file.stem}".removesuffix(".__init__")

    def run() -> Any:
        _forget()
        finder = _Mutated(module, file, compile(mutated(source, mutant), str(file), "exec"))
        sys.meta_path.insert(0, finder)
        failed = list[str]()
        code = pytest.main([*_ALWAYS, *_files(names), *flags], plugins=[_Only(names, failed)])
        return [finder.loaded, code == 0, failed]

    word, content = _child(run, 30 + 5 * seconds, 240 + 20 * seconds)
    if word != "done":
        return ("timeout", "") if word == "timeout" else ("no import", "")
    loaded, ran, failed = content
    if failed:
        return "killed", failed[0]
    return ("survived", f"{len(names)} tests pass") if loaded and ran else ("no import", "")


def _files(names: Sequence[str]) -> list[str]:
    """The files of these tests: the others need not be collected again."""
    return sorted({name.partition("::")[0] for name in names})


class _Only:
    """Runs these tests in this order and notes the failed ones."""

    def __init__(self, names: Sequence[str], failed: list[str]) -> None:
        self.names, self.failed = names, failed

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        known = {item.nodeid: item for item in items}
        items[:] = [known[name] for name in self.names if name in known]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)


# ------------------------------------------------------------------------------------------------ children


def _child(run: Callable[[], Any], processor: float, wall: float) -> tuple[str, Any]:
    """What ``run`` returns, by way of JSON, in a forked process: ("done", it), ("timeout", ...) or ("died", ...)."""
    sys.stdout.flush()
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        _in_child(run, write, processor)
    os.close(write)
    content, end = b"", monotonic() + wall
    try:
        while (left := end - monotonic()) > 0 and select.select([read], [], [], left)[0]:
            part = os.read(read, 1 << 20)
            if not part:
                break
            content += part
        else:
            os.killpg(pid, signal.SIGKILL)
    finally:
        os.close(read)
        _, status = os.waitpid(pid, 0)
    if content:
        return "done", json.loads(content)
    late = os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL, signal.SIGPROF)
    return ("timeout" if late else "died"), None


def _in_child(run: Callable[[], Any], write: int, processor: float) -> None:
    os.setsid()
    seconds = math.ceil(processor)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
            content = json.dumps(run()).encode()
        while content:
            content = content[os.write(write, content) :]
    except BaseException:
        os._exit(3)
    os._exit(0)
