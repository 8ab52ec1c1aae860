"""The Django project: settings, routes and all that spans several apps. No app imports it."""
