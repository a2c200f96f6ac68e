"""Loopmart: from the files that shops send to figures that can be traced to their lines."""
