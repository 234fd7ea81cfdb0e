"""Load: what is looked at in each answer, and whole runs of Locust in processes of their own."""
