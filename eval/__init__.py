"""What leads run: the demo shop, metrics over the journal, benchmarks. It is handed a desk; it wires nothing."""
