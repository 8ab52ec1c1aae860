"""Backups: a folder with the database and the stored files (docs/operations.md)."""
