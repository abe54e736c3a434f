"""Daily roots are kept at other places, so that rewriting the whole house does not go unseen."""
