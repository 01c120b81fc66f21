"""LinearScope over whole generations: one drawing, opened."""
