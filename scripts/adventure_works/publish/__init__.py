"""Write, audit, publish: a build is made aside, tested, and only then put in the place of the one people read."""
