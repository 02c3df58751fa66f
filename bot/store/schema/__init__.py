"""Parts of the schema that are too long for ``migrations``."""
