"""The rules of the path: what may be done about one request. Pure; the rules of orders are the core's."""
