"""Collectors of evidence: each turns live objects into plain, small facts."""
