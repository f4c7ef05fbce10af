"""Simulation on past tickets: the same questions to today's agent, over the orders as they were then.

replay       one past conversation, turn by turn, through a desk
people       what people did about it, and how the agent's doing compares
grading      what the replay knows beside the graders (eval.grading)
kept         one ticket's outcome as a line of a file
survey       what an export holds, and which of its tickets are taken
running      many tickets over processes, resumable
prediction   the figures; intervals.py their intervals, paired.py what differs between two configurations
alike        definitions of vendors, gaps and readings, as live figures and the suite tell them
telling      the disagreements worth reading

Orders as of a moment, in a database that may be written, are the core's: tools/orders/sandbox.py.
Exports are read in connectors/exports/past.py; whoever calls brings a way to build a desk (api/trials/simulated.py).
"""
