"""Who computes, and what was asked for: jobs, worker, desk."""
