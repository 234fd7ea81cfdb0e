"""One report of a run, in four forms: terminal, JSON, JUnit and one HTML page."""
