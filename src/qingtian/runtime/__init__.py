"""What every process needs: settings, clock, database child, supervisor, health."""
