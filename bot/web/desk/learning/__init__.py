"""Teaching the bot at the desk: misses, trying, changes with their effect, versions."""
