"""The audit: who did what to whose data, in a chain that nobody can change unseen."""
