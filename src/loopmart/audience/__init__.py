"""Audiences: whom to reach again, with what, and kept honest by a hold-out."""
