"""What `lake doctor` looks at: each module asks one thing, and changes nothing."""
