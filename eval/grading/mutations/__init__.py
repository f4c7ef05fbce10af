"""Agents that are broken on purpose, each in one way. A grader, or a suite, that does not notice is worth nothing.

Each wraps whatever answers: it changes the words, the claims, or does things in the order core that nobody asked for.
"""
