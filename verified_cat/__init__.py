"""verified_cat: formally checked category laws, an exact reference and a fast engine for compositional learning."""

from pathlib import Path as _Path

__version__ = "0.1.0"


def _beside(folder: _Path) -> list[str]:
    """In a checkout without symbolic links the four folders beside this one are found through the package's path."""
    is_checkout = (folder / "pyproject.toml").is_file() and (folder / "laws" / "__init__.py").is_file()
    return [str(folder)] if is_checkout else []


__path__.extend(_beside(_Path(__file__).resolve().parent.parent))
