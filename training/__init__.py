"""What fits and measures the shipped models, and makes up news. Not in the wheel; `streams` never imports it."""
