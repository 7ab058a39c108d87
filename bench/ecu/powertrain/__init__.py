"""The powertrain's senders: thin ECUs that put the plant on the bus."""
