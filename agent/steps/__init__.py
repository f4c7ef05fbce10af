"""The six verbs of the path, one a file; each adds one value to the case and knows nothing else."""
