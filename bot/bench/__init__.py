"""What a posbot on this machine can carry: a load of its own, measured on real processes and a real database."""
