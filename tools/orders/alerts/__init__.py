"""Watching every order: what needs a word before the customer asks. Nothing is said here; agent/proactive speaks.

kinds       what can be found, and a finding
limits      how long is too long
seen        an order as detectors look at it
reading     many orders at once, set by set
lanes       how long parcels of a lane take: counts, curves, chances
learning    lanes and their calibration from past deliveries
detectors   one small function a kind, over an order as it is seen
sight       what a look needs: the moment, the limits, the lanes
scanning    first every order, then those that changed or whose time has come
store       alerts as they are kept and read
"""
