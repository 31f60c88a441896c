"""What all commands share: their exit codes, and errors in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from verified_cat.errors import VerifiedCatError

FAILED, REFUSED, INTERRUPTED = 1, 4, 130


class Refused(click.ClickException):
    """A request that could not be carried out, in one line."""

    exit_code = REFUSED


@contextmanager
def in_one_line() -> Iterator[None]:
    """Anticipated errors become one line and an exit code; any other keeps its traceback."""
    try:
        yield
    except VerifiedCatError as error:
        raise Refused(" ".join(str(error).split())) from error
    except click.UsageError as error:
        raise Refused(" ".join(error.format_message().split())) from error


class Commands(click.Group):
    """A group whose errors are one line each, also those of its commands."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with in_one_line():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with in_one_line():
            return super().invoke(ctx)


SEED = click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Where the draws start.")
"""Where draws start."""
