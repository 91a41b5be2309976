"""`lake shell`: what it answers, what it completes, and how it looks on a terminal."""
