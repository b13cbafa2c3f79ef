"""What is asked of billing."""
