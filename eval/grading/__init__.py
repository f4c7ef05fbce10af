"""Was it so, right, allowed, well said and answered? Graders of a conversation, one a file, each a pure function.

They read the words that were sent and the orders before and after, not the draft, and not what the agent says it did.

evidence    what a grader sees of a conversation; gathering: from a desk that is being played, or from the journal
facts       every order fact that was said, against the ledger
end_state   what changed, against what the customer confirmed and the core's rules then owed
policy      nothing done or promised that no rule allows; nothing refused or handed over needlessly
wording     hand-offs speak, an AI says that it is one, nobody else's data, the customer's language
answered    what was asked was answered
grade       all five as `eval.conversation.Grades`
effects     what changed in an order; reading, words: what a text says
agreement   how far a grader agrees with people (Cohen's kappa); labels: what people said
mutations   agents that are broken on purpose: a grader that does not notice is worth nothing
"""

from eval.grading.evidence import Evidence, Turn, Verdict, Wanted
from eval.grading.gathering import Watch, of_journal
from eval.grading.grade import GRADERS, conversation, from_journal, grade, verdicts

__all__ = [
    "GRADERS",
    "Evidence",
    "Turn",
    "Verdict",
    "Wanted",
    "Watch",
    "conversation",
    "from_journal",
    "grade",
    "of_journal",
    "verdicts",
]
