"""How what is built is served."""
