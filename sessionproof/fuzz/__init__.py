"""A lens: Schemathesis explores the contract with living sessions, and its calls are the run's own."""
