"""Linear forecasts in closed form: the fits, shared with the fitted solvers, and their benchmark on ETTh1."""
