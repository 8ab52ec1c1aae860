"""The catalogue of the lending library."""
