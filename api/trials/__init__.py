"""Houses for evaluations, simulations, attacks and benchmarks: nothing of theirs touches the shop's own."""
