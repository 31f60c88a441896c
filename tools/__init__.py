"""What maintainers run: metadata and locks of a release, the site. Nothing here is in the wheel."""
