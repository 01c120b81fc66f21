"""From noise to latents: schedules."""
