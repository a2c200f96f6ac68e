"""What may arrive: feeds, sources, senders."""
