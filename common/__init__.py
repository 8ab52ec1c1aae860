"""How the API behaves everywhere. Knows no other app."""
