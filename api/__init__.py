"""The outside of the house: settings, wiring, HTTP, the command line, migrations. No rule and no thinking here."""
