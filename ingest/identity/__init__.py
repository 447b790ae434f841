"""Who is who: which records speak of one person, and why."""
