"""The Wuhan replay city: real air hours, simulated enterprises, planted events with their truth."""
