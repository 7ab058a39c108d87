"""A browser opens the pages of runs that are hostile wherever text comes in, and executes and loads none of it."""

import io
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from report_example import EXPECTATIONS, PHASES, STATUS, healthy, judged, plan, recorded
from robot import api

from bench.model.stimulus import Phase
from bench.model.trace import Occurrence
from bench.report.folder import write
from bench.report.record import read_run
from bench.report.robot_pages import write_pages

ATTACKS = (
    "<script>window.hacked=1</script>",
    "*HTML*<script>window.hacked=1</script>",
    "*HTML* <img src=x onerror='window.hacked=1'>",
    "</script><script>window.hacked=1</script>",
    "<svg onload='window.hacked=1'>",
    "${x}${{__import__('os')}} %{HOME} @{y}",
    "javascript:window.hacked=1//",
    " javascript://%0awindow.hacked=1 ",
    "[javascript:window.hacked=1|click]",
    "[x|http://127.0.0.1:9/evil.png]",
    "http://127.0.0.1:9/evil.png",
    "data:image/svg+xml,<svg onload=window.hacked=1>",
    "]]></script><script>window.hacked=1</script>",
    "\"' onmouseover='window.hacked=1",
    r"\"; window.hacked=1; //",
    "<!-- --><script>window.hacked=1</script>",
)


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> Path:
    """The pages of one run for each attack, which stands in every text that a run has."""
    out = tmp_path_factory.mktemp("reports")
    done = []
    for place, word in enumerate(ATTACKS):
        labels = ((0, "OFF"), (1, "SEARCHING"), (2, "REGISTERED"), (3, word))
        bus = plan().buses[0]
        signals = (replace(STATUS.signals[0], labels=labels, unit=word), *STATUS.signals[1:])
        bus = replace(bus, messages=(bus.messages[0], replace(STATUS, signals=signals)))
        made = plan(
            scenario=f"attack_{place}",
            title=word,
            file=f"scenarios/{word}/x.scenario.yaml",
            tags=(word,),
            verifies=(word,),
            defects=(word,),
            buses=(bus,),
            phases=(*PHASES, Phase(word, 1, None, None)),
            expectations=tuple(replace(one, say=word, text=word) for one in EXPECTATIONS[::3]),
        )
        notes = (*recorded().occurrences, Occurrence(19_000_000_000, "note", word, word))
        trace = replace(recorded(), occurrences=tuple(sorted(notes, key=lambda one: one.at)))
        run = judged(made, trace, versions=((word, word),))
        words = {"why": word, "expected": word, "seen": word, "observer": word, "place": word}
        run = replace(run, verdicts=tuple(replace(verdict, **words) for verdict in run.verdicts))
        file = out / "sources" / f"{word.replace('/', '_')}" / "x__y.scenario.yaml"
        done.append((file, made, read_run(write(run, out))))
    broken = judged(plan(scenario="broken", title="broken"), replace(recorded(), complete=False), broken=ATTACKS[1])
    done.append((out / "broken.scenario.yaml", broken.plan, read_run(write(broken, out))))
    good = healthy(scenario="good", title="good")
    done.append((out / "good.scenario.yaml", good.plan, read_run(write(good, out))))
    write_pages(done, out)
    return out


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A headless Chromium that reaches no network."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("no browser: chromium and chromedriver are not installed")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    profile = tmp_path_factory.mktemp("profile")
    for switch in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", f"user-data-dir={profile}"):
        options.add_argument(f"--{switch}")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driving = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield driving
    driving.quit()


UNFOLDED = "return window.elementsToExpand !== undefined && window.elementsToExpand.length === 0"
POINT_AT_ALL = """
document.querySelectorAll('*').forEach(
    one => ['mouseover', 'mouseenter', 'focus'].forEach(kind => one.dispatchEvent(new Event(kind))));
"""
LINKS = "return [...document.querySelectorAll('[href]')].map(one => one.getAttribute('href'))"
WIDTHS = "return Promise.all([...document.images].map(one => one.decode().then(() => one.naturalWidth)))"
IMAGES = "return [...document.images].map(one => one.src)"
ARMED = "return document.querySelectorAll('[onerror],[onload],[onmouseover],script[src]:not([src=\"\"])').length"


def opened(browser, page: Path, fragment: str = "") -> None:
    """Show a page; of the log, unfold everything; then point at everything."""
    from selenium.webdriver.support.ui import WebDriverWait

    browser.get("about:blank")  # so that a fragment is a new page too
    browser.get_log("performance")
    browser.get(page.as_uri() + fragment)
    if page.name == "log.html":
        browser.execute_script("expandAll(window.testdata.suite().id)")
        WebDriverWait(browser, 60, poll_frequency=0.05).until(lambda _: browser.execute_script(UNFOLDED))
    browser.execute_script(POINT_AT_ALL)


def requested(browser) -> list[str]:
    """The addresses that the browser asked for since the page was opened."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]


@dataclass(frozen=True)
class Seen:
    """What the browser found on one page."""

    hacked: object
    armed: int
    requests: list[str]
    images: list[str]
    widths: list[int]
    links: list[str]
    text: str


PAGES = ("log.html", "report.html", "report.html#totals?all", "report.html#search?suite=*")


@pytest.fixture(scope="module")
def seen(browser, pages) -> dict[str, Seen]:
    """What each of the pages shows; opened once, since unfolding a log takes seconds."""
    found = {}
    for page in PAGES:
        name, _, fragment = page.partition("#")
        opened(browser, pages / name, f"#{fragment}" if fragment else "")
        ask = browser.execute_script
        widths, text = ask(WIDTHS), ask("return document.body.textContent")
        found[page] = Seen(
            ask("return window.hacked"), ask(ARMED), requested(browser), ask(IMAGES), widths, ask(LINKS), text
        )
    return found


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_executed(seen, page):
    assert seen[page].hacked is None
    assert seen[page].armed == 0


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_asked_for_but_the_pages_and_the_pictures_of_the_runs(seen, page, pages):
    asked = seen[page].requests
    embedded = [url for url in asked if url.startswith("data:") and ";base64," in url]  # of Robot's own style
    foreign = [url for url in asked if not url.startswith(pages.as_uri() + "/")]

    assert foreign == embedded
    assert [url for url in seen[page].images if not url.startswith(pages.as_uri() + "/")] == []


@pytest.mark.parametrize("page", PAGES)
def test_no_link_leads_where_a_text_says(seen, page):
    links = seen[page].links

    assert links
    assert [one for one in links if "127.0.0.1" in one and not one.startswith("#")] == []
    orders = [one for one in links if one.strip().lower().startswith(("javascript:", "data:text"))]
    assert [one for one in orders if "hacked" in one] == []


def test_the_texts_of_the_log_are_there_to_be_read_and_its_pictures_to_be_seen(seen):
    log = seen["log.html"]
    text = " ".join(log.text.replace("\N{ZERO WIDTH SPACE}", "").split())

    assert [word for word in ATTACKS if " ".join(word.split()) not in text] == []
    assert len(log.widths) > len(ATTACKS)
    assert set(log.widths) == {1000}


def test_a_tag_opens_its_list_and_nothing_else(browser, pages):
    opened(browser, pages / "report.html")
    tags = browser.execute_script("return window.testdata.statistics().tag.map(one => one.label)")
    for place in range(len(tags)):
        browser.execute_script(f"tagDetailSelected(window.testdata.statistics().tag[{place}].label)")
        assert browser.execute_script("return window.hacked") is None

    assert len(tags) >= len(ATTACKS) - 1


def test_a_picture_opened_by_itself_executes_nothing(browser, pages):
    for place, _ in enumerate(ATTACKS):
        browser.get((pages / f"attack_{place}" / "plots" / "E1.svg").as_uri())
        assert browser.execute_script("return window.hacked") is None


def test_the_trap_would_have_sprung(browser, tmp_path):
    """The same words, not escaped, are executed; else the tests above would say nothing."""
    suite = api.TestSuite("trap")
    suite.tests.create("trap").body.create_keyword("Log", ["*HTML*<script>window.hacked=1</script>", "HTML"])
    suite.run(output=str(tmp_path / "output.xml"), console="none")
    writer = api.ResultWriter(str(tmp_path / "output.xml"))
    writer.write_results(outputdir=str(tmp_path), report=None, stdout=io.StringIO())

    opened(browser, tmp_path / "log.html")

    assert browser.execute_script("return window.hacked") == 1
