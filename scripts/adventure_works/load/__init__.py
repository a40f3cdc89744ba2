"""From CSV files to the lake: nothing lost, nothing guessed, all or nothing."""
