"""The dialogue: pure, data-driven; see ``engine``."""
