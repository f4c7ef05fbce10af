"""Payment providers: they carry out what the core's outbox asks for, and tell the core what came of it."""
