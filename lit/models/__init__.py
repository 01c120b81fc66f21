"""The networks: the transformer and its token mixers, the autoencoder, the text encoder, the evaluator."""
