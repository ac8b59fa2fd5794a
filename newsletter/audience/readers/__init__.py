"""What readers say of themselves: what they want, and that they want to join."""
