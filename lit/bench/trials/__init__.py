"""Trials: networks trained on the same data for the same minutes, then judged and drawn. Rows differ in one thing."""
