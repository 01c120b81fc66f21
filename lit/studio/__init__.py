"""The studio in the browser. `lit.studio.shell.app.create_app()` builds it."""
