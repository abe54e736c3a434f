"""What a phone does on site."""
