"""Stripe over real HTTP: `localstripe` in a process of its own, and in front of it what it does not do.

localstripe 1.15 knows customers, cards, plans, coupons, subscriptions of one item, invoices and payments: it is
what charges, refuses and keeps state here. It does not know Checkout, the portal, meters, their events and sums,
prices (it has the older plans), more than one item, discounts and pausing of a subscription, trials,
`proration_behavior`, proration to the second, paying for a change before it is made, that a renewal which is
refused makes the payment due, lists by time, idempotency keys, the event `customer.subscription.updated`, and a
clock. `front` does these as simply as can be, `books` the invoices that proration and coupons come to, and all
else is passed on.
"""
