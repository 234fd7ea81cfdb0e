"""The browser lens: a real Chromium with the extension under test, driven like a user would, judged at the wire."""
