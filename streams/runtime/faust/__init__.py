"""Stages as Faust workers: the app, its process, watchdog and supervisor. The only importer of Faust."""
