"""Accounts: registration, sign-in, tokens, and who may do what."""
