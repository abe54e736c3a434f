"""The demo city: real station hours, a simulated fleet that sends HJ 212 frames, planted events with a truth file."""
