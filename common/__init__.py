"""The ground that every app stands on: the API, the back office, pages, search and throttles. Imports no other app."""
