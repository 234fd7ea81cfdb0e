"""What every contract's HTTP has in common."""
