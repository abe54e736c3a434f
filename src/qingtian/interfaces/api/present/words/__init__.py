"""Words of HJ 212 frames in both languages."""
