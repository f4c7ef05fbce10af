"""What Wismo may do: typed verbs over the order core and the help centre. No thinking, no channel lives here."""
