"""The roof: settings, routes, and what spans all services. Nobody imports it."""
