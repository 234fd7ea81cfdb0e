"""The browser lens, in a real Chromium."""
