"""What the shop can learn from tickets that its people solved. Nothing is taught or published without a person's word.

ticket      a solved ticket as a reader of exports hands it over (connectors/exports)
masking     a person's names, contacts and numbers out of a text
wording     greetings, signatures and sentences
matching    the copies of one answer: which sentences recur, which words and figures vary
examples    first messages that the classifier is unsure of, in groups
answers     what people answered again and again: help articles and macros
learning    an export to proposals
shelf       the proposals, in the database: proposed, accepted, rejected
publishing  the accepted ones as files, which `wismo train --learned` and the help index read
"""
