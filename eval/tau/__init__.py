"""tau-bench's retail shop and tasks (sierra-research, MIT): replayed, told as e-mails, talked through. No data."""
