"""Ten kinds of clothes, with checkpoints, in twenty lines: python examples/fashion.py FOLDER-OF-THE-FILES OUT [STEPS]

Started again with the same words after whatever stopped it, it goes on where it was, to the same bits.
"""

import sys
from pathlib import Path

from verified_cat.gpu import fashion
from verified_cat.gpu.saving import RunFolder
from verified_cat.gpu.session import Session

files, out = Path(sys.argv[1]), Path(sys.argv[2])
steps = int(sys.argv[3]) if len(sys.argv) > 3 else fashion.STEPS
asked = {"task": fashion.NAME, "steps": steps, "data": str(files)}
with Session(RunFolder(out), asked, every=max(1, steps // 10), resume=True):
    metrics = fashion.train(out, steps=steps, seed=0, data=files)
print({name: metrics[name] for name in ("status", "accuracy", "loss", "seconds_per_step")})
