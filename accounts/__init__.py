"""People: accounts, registration, tokens, who may do what."""
