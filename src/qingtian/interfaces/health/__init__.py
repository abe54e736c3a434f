"""How the deployment is, in words: each part with what it means and what to do."""
