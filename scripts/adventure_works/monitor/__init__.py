"""What happened in past runs, what is wrong now, and alerts."""
