"""Lending: rentals, what they cost, and payments."""
