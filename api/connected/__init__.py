"""What is connected: helpdesks, shops, providers, other systems, mail, a language model; how each is built."""
