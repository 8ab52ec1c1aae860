"""The catalog of the lending library."""
