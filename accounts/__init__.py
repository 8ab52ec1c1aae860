"""Accounts: registration, sign-in, tokens, and permissions."""
