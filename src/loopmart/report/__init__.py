"""The morning page: what a store manager reads, drawn from the published file alone."""
