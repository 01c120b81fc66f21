"""How the models are made: configs, objectives, the loop, linearizing a teacher, evaluation."""
