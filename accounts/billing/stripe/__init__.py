"""What is asked of Stripe, and what is made of its answers and events. Only `client` imports the SDK."""
