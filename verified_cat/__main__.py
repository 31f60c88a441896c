"""``python -m verified_cat`` is ``verified-cat``."""

from verified_cat.cli import main

main(prog_name="verified-cat")
