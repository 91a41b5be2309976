"""What the tables are, and how each kind of file becomes one."""
