"""Pages: the entry page, the built application, and the headers that protect both."""
