"""posbot: understands a merchant, leads to the fix, or opens a ticket."""
