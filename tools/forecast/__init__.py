"""Demand: histories, models chosen per item, intervals, what to order, what will run out, how many people are needed.

Pure but for demand.py, which reads the order core, and keeping.py, which keeps the last forecast. Files are read by
sales.py; models come from statsforecast (models.py alone imports it, when it is asked to work).
"""
