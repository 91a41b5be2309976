"""What maintains the project: generated docs, the audit of packages, whether pins install."""
