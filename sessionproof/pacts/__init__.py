"""Pacts: what consumers say that they send and can live with, replayed against a deployment and judged like a check."""
