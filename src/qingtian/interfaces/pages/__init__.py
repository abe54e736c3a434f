"""The citizen pages: server-rendered, for any browser, without an account and without a script."""
