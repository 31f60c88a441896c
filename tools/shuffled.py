"""A pytest plugin: tests in an order drawn from a seed, garbage looked for as often as the seed says, and a file with
what each test said where it failed.

``python -m pytest -p tools.shuffled --shuffle SEED --outcomes FILE``. It imports nothing of ours: what is imported
before the plugins of pytest are known is not rewritten by it, and that is a warning, which is an error.
"""

from __future__ import annotations

import gc
import json
from functools import partial
from pathlib import Path
from random import Random

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The two options, both needed."""
    parser.addoption("--shuffle", type=int, help="the seed of the order of the tests")
    parser.addoption("--outcomes", type=Path, help="a new JSON file: what each test said, nothing if it passed")


def pytest_configure(config: pytest.Config) -> None:
    """Raises UsageError where an option is missing."""
    seed, file = config.getoption("--shuffle"), config.getoption("--outcomes")
    if seed is None or file is None:
        raise pytest.UsageError("-p tools.shuffled needs --shuffle SEED and --outcomes FILE")
    config.pluginmanager.register(Shuffled(seed, file))


OFTEN = (100, 1000, 10_000)
"""After so many more objects that could be in circles, the newest are searched for garbage."""


class Shuffled:
    """One run: files in a random order, the tests of each in one, and what each said."""

    def __init__(self, seed: int, file: Path) -> None:
        self.draw, self.file, self.often = Random(seed), file, OFTEN[seed % len(OFTEN)]
        self.found: dict[str, str] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """What a file makes once for all its tests stays together, as in a run of several processes."""
        files: dict[Path, list[pytest.Item]] = {}
        for item in items:
            files.setdefault(item.path, []).append(item)
        order = self.draw.sample(list(files), len(files))
        items[:] = [item for path in order for item in self.draw.sample(files[path], len(files[path]))]

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """What ends only when garbage is collected ends at other places in each run, and in some at a hundred more."""
        session.config.add_cleanup(partial(gc.set_threshold, *gc.get_threshold()))
        gc.set_threshold(self.often, 10, 10)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test passed where none of its parts failed: that is what says nothing."""
        said = (report.longreprtext or "failed") if report.failed else ""
        self.found[report.nodeid] = self.found.get(report.nodeid, "") + said

    def pytest_sessionfinish(self) -> None:
        """A file where any test was run: one that could not be collected is no run."""
        if self.found:
            self.file.write_text(json.dumps(self.found), encoding="utf-8")
