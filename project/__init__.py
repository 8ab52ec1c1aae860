"""The Django project: settings, routes and everything that spans several apps. No app imports it."""
