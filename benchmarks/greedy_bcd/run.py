"""Block rules on the paper's problems, and label propagation by message passing beside its peers."""

from pathlib import Path

from common.machine import describe
from common.options import Options

from . import graphs, rules

PAGE = """# Block coordinate descent: rules, and graphs

Written by `python benchmarks/run.py greedy_bcd`.
{machine}

## Rules

Scale {scale} of the paper's sizes, {updates} updates; the pictures beside this page draw the gap against updates and
seconds, `rules.csv` has the figures.

```
{rules}
```

## Graphs

CPU seconds, medians of {repeats} interleaved repeats, peak memory above the data's; tolerance 1e-6.

```
{graphs}
```
"""


def run(options: Options) -> Path:
    folder = options.folder("greedy_bcd")
    scale, updates, side = (0.1, 100, 60) if options.quick else (0.3, 500, 300)
    text = PAGE.format(
        machine=describe(["pauca", "numpy", "scipy", "scikit-learn"]),
        scale=scale,
        updates=updates,
        repeats=options.repeats,
        rules=rules.compare_all(scale, updates, folder),
        graphs=graphs.compare_all(side, options.repeats),
    )
    page = options.output / "greedy_bcd.md"
    page.write_text(text)
    return page
