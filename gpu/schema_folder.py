"""The folder of a run of a schema: the schema file beside the weights, and the run rebuilt from the folder alone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path as File
from typing import Any

import numpy as np

from verified_cat.errors import DataError, SchemaError, UsageError
from verified_cat.functions import Value
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.saving import METRICS, MODEL, RUN, START, content_of, figures_of, load_weights
from verified_cat.gpu.schema_task import Built, built
from verified_cat.gpu.training import tensor_of
from verified_cat.objects import leaves, unflatten
from verified_cat.schema_file import read
from verified_cat.schema_text import written
from verified_cat.specification import Specification

SCHEMA_FILE = "schema.toml"


@dataclass(frozen=True)
class Restored:
    """A trained schema: its specification (with the options that it was trained with), the point of Π_e P_e, the seed,
    the engine that it was trained on, and ``metrics``, what metrics.json says."""

    whole: Specification
    params: Value
    seed: int
    engine: TorchEngine
    metrics: dict[str, Any]


def restored(folder: str | os.PathLike[str]) -> Restored:
    """The run of a schema in a folder, from its files alone.

    Raises UsageError where a file is not there or cannot be read, DataError where one is damaged: each by name.
    """
    path = File(folder)
    metrics = _metrics(path)
    whole = kept(path, metrics["sha256"][SCHEMA_FILE])
    _undamaged(path / MODEL, metrics["sha256"].get(MODEL))
    engine = TorchEngine(whole.training["precision"])
    try:
        job = built(whole, 2)  # parameters do not depend on the number of examples; some adversaries need two
    except SchemaError as fault:
        raise DataError(f"{path / SCHEMA_FILE} cannot have been trained: {fault}") from None
    return Restored(whole, _point(path / MODEL, job, load_weights(path), engine), metrics["seed"], engine, metrics)


def text_of(whole: Specification) -> bytes:
    """What is in the schema file of the folder."""
    return written(whole).encode()


def kept(path: File, digest: str | None = None) -> Specification:
    """The specification in the folder. Raises UsageError where there is none, DataError where it is not what was
    written, as far as a digest says."""
    if digest is not None:
        _undamaged(path / SCHEMA_FILE, digest)
    content = content_of(path / SCHEMA_FILE)
    try:
        return read(content.decode(), str(path / SCHEMA_FILE))
    except (SchemaError, UnicodeDecodeError) as fault:
        raise DataError(f"{path / SCHEMA_FILE} is damaged: {fault}") from None


def begun(path: File) -> dict[str, Any]:
    """The first parameters that the run in a folder was given; none where they were drawn."""
    return load_weights(path, START) if (path / START).exists() else {}


def _metrics(path: File) -> dict[str, Any]:
    if not (path / METRICS).exists() and (path / RUN).exists():
        raise UsageError(f"the run in {path} has not ended: {METRICS} is not there; --resume {path} goes on with it")
    whole = figures_of(path)
    if SCHEMA_FILE not in whole["sha256"]:
        raise UsageError(f"{path} holds the run of another task, not of a schema")
    if not isinstance(whole.get("gammas", {}), dict):
        raise DataError(f"{path / METRICS} is damaged: its 'gammas' are no weights by equation")
    return whole


def _undamaged(file: File, digest: Any) -> None:
    if sha256(content_of(file)).hexdigest() != digest:
        raise DataError(f"{file} is damaged: it is not what was written, by its digest in {METRICS}")


def _point(file: File, job: Built, weights: dict[str, Any], engine: TorchEngine) -> Value:
    """The parameters in their order. Raises DataError where one is missing, of another shape, or not finite."""
    param = job.task.architecture.parameters
    shapes = dict(zip(job.names, (leaf.shape for leaf in leaves(param)), strict=True))  # type: ignore[attr-defined]
    if set(shapes) != set(weights):
        raise DataError(f"{file} holds other parameters than its schema has: {sorted(set(shapes) ^ set(weights))[0]}")
    for name, shape in shapes.items():
        if weights[name].shape != shape or not np.isfinite(weights[name]).all():
            raise DataError(f"{file}: {name} is of shape {weights[name].shape}, not {shape}, or is not finite")
    return unflatten(param, [tensor_of(weights[name], engine) for name in job.names])
