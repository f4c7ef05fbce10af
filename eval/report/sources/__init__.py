"""From the JSON of a run to a `Report`, one source a file: suite, simulation, live period. `reading.read` chooses.

What a run does not tell stays absent; nothing is reckoned here but differences, sums and shares of what it tells.
"""
