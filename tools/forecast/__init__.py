"""Demand: histories, models chosen per item, intervals, what to order, what will run out, how many people are needed.

All of it is pure but demand.py, which reads the order core. Files are read by sales.py. The models are statsforecast's;
models.py alone imports it, when it is first asked to work.
"""
