"""The chat widget: visitors, the stored events that they see, live streams of them, photos. Its browser side: assets/.

Nothing is decided here: a message becomes a turn at the desk, and what came of it becomes events.
"""
