"""Where the next yuan should go: what channels return for what they cost, and a split within what was seen."""
