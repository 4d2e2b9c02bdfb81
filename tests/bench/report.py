"""What the measurements say: a table for the terminal, one in Markdown, and a plot (SVG, by matplotlib)."""
import statistics
import sys

COLUMNS = ("tool", "wall s", "spread", "CPU s", "RSS MiB", "written MB", "x archive", "MB/s", "x curl", "x skopeo")


def median(runs: list, key: str) -> float:
    return statistics.median(run[key] for run in runs)


def rows(results: dict, size: int) -> list:
    out = []
    for tool, runs in results.items():
        wall, written = median(runs, "wall"), median(runs, "written")
        spread = f"{min(r['wall'] for r in runs):.2f}-{max(r['wall'] for r in runs):.2f}"
        curl = "curl" if "curl" in results else "curl-ranges"
        ratios = [f"{wall / median(results[other], 'wall'):.2f}" if other in results else "-" for other in (curl, "skopeo")]
        out.append((tool, f"{wall:.2f}", spread, f"{median(runs, 'cpu'):.2f}", f"{median(runs, 'rss'):.1f}",
                    f"{written / 1e6:.0f}", f"{written / median(runs, 'archive'):.3f}", f"{size / 1e6 / wall:.0f}", *ratios))
    return out


def table(results: dict, size: int) -> str:
    lines = [COLUMNS, *rows(results, size)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    return "\n".join("  ".join(f"{cell:<{width}}" if not i else f"{cell:>{width}}"
                               for i, (cell, width) in enumerate(zip(line, widths))) for line in lines)


def markdown(results: dict, size: int) -> str:
    lines = ["| " + " | ".join(COLUMNS) + " |", "|---|" + "---:|" * (len(COLUMNS) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows(results, size)])


def plot(reports: list, path: str):
    """Wall times, a panel a scene; a bar a tool, from the fastest run to the slowest."""
    try:
        import matplotlib
    except ImportError:
        sys.exit("for --plot: apt-get install python3-matplotlib")
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "ferry", "font.size": 9})
    from matplotlib import pyplot
    figure, panels = pyplot.subplots(len(reports), 1, squeeze=False, constrained_layout=True,
                                     figsize=(8, sum(0.9 + 0.32 * len(r["runs"]) for r in reports)),
                                     height_ratios=[1 + len(r["runs"]) for r in reports])
    for panel, report in zip(panels[:, 0], reports):
        tools = list(report["runs"])[::-1]
        walls = [median(report["runs"][tool], "wall") for tool in tools]
        low = [w - min(r["wall"] for r in report["runs"][t]) for w, t in zip(walls, tools)]
        high = [max(r["wall"] for r in report["runs"][t]) - w for w, t in zip(walls, tools)]
        colors = ["#1f6f8b" if tool.startswith("ferry") else "#b8bfc6" for tool in tools]
        panel.barh(tools, walls, xerr=[low, high], color=colors, ecolor="#444444", capsize=2)
        for number, wall in enumerate(walls):
            panel.annotate(f"{wall:.2f} s", (max(walls) * 0.01, number), va="center", fontsize=8)
        panel.set_title(report["title"], loc="left", fontsize=9)
        panel.set_xlabel("seconds (median; line: all runs)" if report is reports[-1] else "")
        panel.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
