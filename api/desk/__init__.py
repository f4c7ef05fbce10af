"""What the pages of the desk show and do, without HTTP: figures of today, the inbox, the policy and its history.

Routes (api/routes) turn forms into calls of this; templates (api/pages) show what it returns.
"""
