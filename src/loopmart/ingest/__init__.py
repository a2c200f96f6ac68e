"""How files become rows of the lake."""
