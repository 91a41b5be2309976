"""What each release changed in each data file, for ever: the table of revisions."""
