"""What every request passes on its way to a route and back: who calls, how much of it, and what it may bring."""
