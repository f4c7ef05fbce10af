"""What a user could install instead, each in an environment of its own. Wismo begins these and imports none."""
