"""The dashboard: a projection of the decision log, an index over it, and the web server that shows both."""
