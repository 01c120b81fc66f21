"""From words and noise to latents: conditioning, noise, guidance and the solvers, one file each.

`registry` names the solvers and what they cost, and imports no torch; everything else here does.
"""
