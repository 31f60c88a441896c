"""The exact category: Para, D, Dual and Learn over symbolic expressions."""
