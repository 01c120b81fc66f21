"""What whoever runs a studio sees of it: logs and metrics."""
