"""Which profiles stand for one person: judgements about pairs, and the profile that shows him."""
