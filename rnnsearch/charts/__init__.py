"""Charts for a page in a browser, drawn there by plotly, made from plain values: one file a chart.

Only this room knows plotly. A chart is what `plotly.graph_objects.Figure` takes, as plain dicts and
arrays: building it so costs a hundredth of what building plotly's own objects does, and the tests
hold every chart against plotly's own checks.
"""
