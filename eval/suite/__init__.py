"""Test cases of conversations: their form, a shop for each, playing, running in parallel, the gate. No graders here."""
