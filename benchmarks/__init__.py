"""Measures the site next to a bare Django view, a stock DRF app and plain SQL (docs/scaling.md)."""
