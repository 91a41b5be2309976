"""The lake's stack on AWS: its template, its deployment, and its rehearsal offline."""
