"""Letters to customers outside their helpdesk conversation."""
