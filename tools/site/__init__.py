"""The static site, as ``make site`` makes it: README and docs, a page for each law, the modules and the commands."""
