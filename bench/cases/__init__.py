"""How fast lists, boards, maps and pages of cases answer when there are many."""
