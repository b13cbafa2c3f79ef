"""Plans, prices and subscriptions: what is sold, to whom, and what follows from being paid or not."""
