"""The virtual telematics unit: network registration, position, and the emergency call."""
