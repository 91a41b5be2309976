"""What people use on their machine: the `lake` command, and the local engine behind it."""
