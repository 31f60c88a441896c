"""Why it holds: the solver category, the obligations and the ledger of trust."""
