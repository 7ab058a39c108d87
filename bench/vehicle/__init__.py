"""The plant: pure step functions of a vehicle, and the object that advances them together."""
