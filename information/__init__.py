"""Pages about the town hall that its staff write: opening hours, contact, privacy and accessibility."""
