"""What torch's autograd does with complex numbers: a probe for the law that names its convention."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


def complex_pullback(f: Callable[[Any], Any], point: complex, cotangent: complex) -> complex:
    """What torch pulls the cotangent back to along f at the point, in double precision."""
    z = torch.tensor(point, dtype=torch.complex128, requires_grad=True)
    value = f(z)
    (found,) = torch.autograd.grad(value, z, torch.tensor(cotangent, dtype=torch.complex128))
    return complex(found.resolve_conj().item())
