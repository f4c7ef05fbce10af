"""One router a subject. Each turns HTTP into a call of the house and the result into HTTP; nothing else."""
