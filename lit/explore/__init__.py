"""From one drawing to others near it: lists of settings, to be drawn like any.

variations   the same words from noise near to a seed's
blends       two drawings mixed, and the way from one to the other as frames
templates    every prompt that a template stands for
canvas       pictures from elsewhere made fit to be drawn over, and room around them
"""
