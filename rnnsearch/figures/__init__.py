"""Pictures, drawn by matplotlib from plain values: curves, panels, matrices, letters, a study.

Only this room imports matplotlib, and only where something is drawn: it costs half a second.
"""
