"""A lens: random lives of sessions, and a model that says from the contract alone what each answer has to be."""
