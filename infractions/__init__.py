"""Traffic infractions: vehicles and their owners, officers, and the infractions that officers record."""
