"""The rear-view camera."""
