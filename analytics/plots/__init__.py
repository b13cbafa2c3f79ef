"""The geometry of plots: from numbers to what an SVG template places. No Django here.

Plots are 1000 units wide and stretched to the page; heights are pixels. Labels stand outside of the stretched
part, at percentages of the width, so that text is never distorted.
"""
