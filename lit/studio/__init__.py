"""The studio in the browser. `lit.studio.app.create_app()` builds it."""
