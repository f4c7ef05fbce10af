"""Payment providers: each module one, behind the core's `Payments` port. asking.py brings their answers back."""
