"""The fast category: lowering, scheduling and training on tensors."""
