"""verified_cat: formally checked category laws, an exact reference and a fast engine for compositional learning."""

from pathlib import Path as _Path

__version__ = "0.1.0"

# In a checkout without symbolic links the four folders beside this one are found through the package's path.
_root = _Path(__file__).resolve().parent.parent
if (_root / "pyproject.toml").is_file() and (_root / "laws" / "__init__.py").is_file():
    __path__.append(str(_root))
del _Path, _root
