"""Rule packs: data with source, clause, validity and confidence, and their loader."""
