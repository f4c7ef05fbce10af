"""The demo shop: catalogue, customers, orders in every state, help centre, tickets. Same seed, same shop; all invented."""
