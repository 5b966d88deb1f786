"""What fits and measures the shipped models. Not in the wheel; `streams` never imports it."""
