"""Gives the suites, the tests and anybody's tests beside them the plugin's options and fixtures."""

pytest_plugins = ["sessionproof.plugin"]
