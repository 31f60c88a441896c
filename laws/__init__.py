"""What must hold, one file per structure, each law once. Importing a module enters its laws into ``LAWS``."""
