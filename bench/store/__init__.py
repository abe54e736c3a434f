"""The store at the size of a city: read times, size on disk, roll-ups against hand-written SQL."""
