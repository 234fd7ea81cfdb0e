"""Deployments that a run can start by itself."""
