"""Campaigns: many runs whose figures say how far the scenarios and the bench can be trusted."""
