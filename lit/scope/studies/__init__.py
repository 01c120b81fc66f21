"""Studies of a drawing and the figures of docs/scope.md; nothing that runs in the studio."""
