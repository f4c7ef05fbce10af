"""Personal data: where it stands, out with it on request, and away when its time has come.

register    every table, and what of a person stands in it; a test fails when a table is not classified
subject     whose it is: a customer's ids, addresses, orders, conversations and words, and what is still open
scrubbing   personal values out of a row, and the shape of the row kept
erasing     all of it in one transaction, then the bytes; orders stay for the books, without a person
exporting   everything that is held of a person, as one document
aging       what is older than the policy keeps; days are counted and frozen before
searching   where a person's words still stand: every column, every file
"""
