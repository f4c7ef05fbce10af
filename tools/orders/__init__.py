"""The order-processing core: money, stock, orders, returns, refunds. It imports nothing else of Wismo.

No agent, no channel and no vendor lives here. Callers use `Orders` (service.py); its words are in model.py.
"""
