"""What the Bureau of Labor Statistics publishes: a web folder per survey."""
