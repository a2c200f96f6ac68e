"""A new export: what a sample shows, and the source contract that it suggests."""
