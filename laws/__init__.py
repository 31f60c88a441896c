"""What must hold: one file per structure, each law once, and the tests that run them."""
