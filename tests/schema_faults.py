"""What a reader of schema files refuses."""

from __future__ import annotations

import pytest

from verified_cat.schema_file import SchemaFileError, read


def faults(text: str) -> list[tuple[int, str]]:
    """The lines of a file that is refused, each with its reason."""
    with pytest.raises(SchemaFileError) as caught:
        read(text)
    return caught.value.faults
