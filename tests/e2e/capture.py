"""Prints the captures of docs/display.md: a real pull in a real terminal, at 80 and 40 columns, in both languages.

    FERRY=.build/dev/bin/ferry FERRY_TEST_DATA=.build/dev/e2e-data python3 tests/e2e/capture.py
"""
import os
import pathlib
import shutil
import tempfile
import time

from room import front, gallery, process, registry, terminal


def capture(server, width, lang):
    cut = front.Short(2, 1 << 20)
    home = pathlib.Path(tempfile.mkdtemp(prefix="ferry-capture-", dir="/tmp"))
    env = process.clean_environment(HOME=str(home), PATH=os.environ["PATH"])
    with front.Front(server.host, [front.Slow(rate=3 << 20), cut]) as slow:
        words = [os.path.abspath(os.environ["FERRY"]), "suite/medium:1", "-r", slow.url, "--lang", lang, "-j", "3", "--retry-delay", "4"]
        with terminal.Terminal(words, env, home, width) as screen:
            screen.wait_for("trying again|正在重试")
            time.sleep(0.3)
            yield f"{width} columns, {lang}, meanwhile", screen.screen()
            screen.code()
            yield f"{width} columns, {lang}, at the end", screen.screen()
    shutil.rmtree(home)


def main():
    with registry.Registry(gallery.open_gallery().storage) as server:
        for lang in ("en", "zh"):
            for width in (80, 40):
                for title, lines in capture(server, width, lang):
                    print(f"## {title}\n\n```text\n" + "\n".join(lines) + "\n```\n")


if __name__ == "__main__":
    main()
