"""Fetching files from the servers on which senders leave them, into landing."""
