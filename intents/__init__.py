"""Text → meaning: knowledge, matching, codes, trees. Synchronous; imports nothing from ``bot``."""
