"""A convolutional network in an ordinary PyTorch loop, in twenty lines: python examples/digits_conv.py [STEPS]"""

import sys
from fractions import Fraction

import torch

from verified_cat.gpu import digits, digits_conv
from verified_cat.gpu.classification import Looks, table_of
from verified_cat.gpu.data import Shuffled
from verified_cat.gpu.engine import TorchEngine
from verified_cat.gpu.loading import StreamDataset
from verified_cat.gpu.randomness import initial_weights
from verified_cat.gpu.step import Step
from verified_cat.optimiser import momentum

engine, steps = TorchEngine("float32"), int(sys.argv[1]) if len(sys.argv) > 1 else 1500
examples, network = digits.examples(seed=0), digits_conv.network(64)
step = Step(digits_conv.TASK.objective(64), momentum(Fraction(1, 40), Fraction(9, 10)), engine, names=network.names)
step.start(initial_weights(network.map.param, network.names, seed=0))
batches = Shuffled(table_of(examples.learned, engine), 64, 0, "digits-conv")
for images, labels in torch.utils.data.DataLoader(StreamDataset(batches, count=steps), batch_size=None):
    loss = step.step(images, labels)
point = step.point(tuple(step.state()))
print(Looks(digits_conv.TASK, engine).at(point, table_of(examples.held_out, engine)))
