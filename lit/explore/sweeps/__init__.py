"""Sweeps: one drawing with one to three of its settings varied, all over a grid or where the picture changes.

axes        what is varied, along which values
grid        every combination of them
adaptive    as many points as there are images to spend, where pictures differ most
strategies  where to look next, in the unit square: gradient-weighted, Sobol, uniform, the library `adaptive`
neighbours  points beside one another: their distances, and what lies between
distances   how far two pictures are apart, to a network's eye
change      how fast a picture changes along an axis or over two, and where it flips
folder      a sweep on disk, which goes on where it was stopped
walk        drawn point by point, with the time that is left
sheet       one picture with labelled axes
page        one HTML file that needs nothing beside it
results     sheet, page and flips of a sweep, written
"""
