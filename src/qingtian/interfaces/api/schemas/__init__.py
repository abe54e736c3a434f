"""What the API speaks, one module per area."""
