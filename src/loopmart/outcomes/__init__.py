"""What became of an exported audience: the members reached beside those held out at random."""
