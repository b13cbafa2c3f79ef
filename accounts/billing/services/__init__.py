"""Writes of billing: prices, subscriptions, coupons, the usage ledger, reservations, caps, notices, invoices."""
