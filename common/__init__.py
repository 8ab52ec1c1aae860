"""Code that all apps share: the API, the back office, pages, search and throttles. Imports no other app."""
