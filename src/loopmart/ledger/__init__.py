"""What became of every file, run and gate."""
