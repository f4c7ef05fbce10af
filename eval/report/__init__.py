"""The report of a suite run, a simulation or a live period: plain values, laid out once, told as HTML and Markdown.

Nothing is measured here, and nothing is read but the values that are handed in.
"""
