"""Backup and restore: the database and the stored files as one folder (docs/operations.md)."""
