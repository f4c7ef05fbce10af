"""For whoever runs it: logs, metrics, traces, and the doctor."""
