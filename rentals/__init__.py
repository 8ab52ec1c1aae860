"""Rentals of books, their charges, and payments."""
