"""The store: one seam (``base``), operations in SQL, and the databases behind it."""
