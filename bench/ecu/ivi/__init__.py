"""The virtual infotainment unit: boot, display, rear view, speed lock-out and volume."""
