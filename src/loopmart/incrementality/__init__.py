"""What a campaign changed: effects with intervals, from members held out and from stores left out, and what they carry.

Everything is a pure function of its arguments; whatever is drawn at random has a fixed seed.
"""
