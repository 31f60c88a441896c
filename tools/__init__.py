"""What maintainers run: metadata and locks of a release. Nothing here is in the wheel."""
