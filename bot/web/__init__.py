"""The web pages: merchant chat, support desk, health and metrics."""
