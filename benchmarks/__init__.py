"""Times the package against its peers and stores the results.

``python -m benchmarks`` measures every row, writes ``benchmarks/results/*.json`` and makes
``docs/benchmarks.md`` from all files there; ``python -m benchmarks --page`` only makes the page.
"""
