"""The fast category: lowering, scheduling and training on tensors."""

from verified_cat.errors import MissingExtra

try:
    import torch as _torch  # noqa: F401  (every module here needs it: say so once, before any of them is loaded)
except ModuleNotFoundError as _missing:
    if _missing.name != "torch":
        raise  # torch is there, and one of its own dependencies is not
    raise MissingExtra("the torch engine needs PyTorch: pip install verified-cat[gpu]") from _missing
