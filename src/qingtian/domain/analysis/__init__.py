"""Analysis: methods that estimate; their results advise and are never law by themselves."""
