"""Load that is judged while it runs: what users know, what is looked at, what comes of it; nothing needs Locust."""
