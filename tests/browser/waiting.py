"""When has a Streamlit page come to rest? Waits on what the page says of itself, never on time."""

from __future__ import annotations

from playwright.sync_api import Page

# Streamlit writes the state of the script run on the app's root; React may need a frame to draw what came last.
AT_REST = """() => new Promise(resolve => {
    const rests = () => {
        const app = document.querySelector('[data-testid="stApp"]');
        return app !== null && app.dataset.testConnectionState === 'CONNECTED'
            && app.dataset.testScriptState === 'notRunning'
            && document.querySelector('[data-stale="true"], [data-testid$="Skeleton"]') === null;
    };
    if (!rests()) { resolve(false); return; }
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(rests())));
})"""


def settled(page: Page, timeout_s: float = 60) -> Page:
    """Wait until the page is connected, its script has run to the end and nothing on it is stale; the same page.

    A widget that waits for the end of typing starts its run later: after such a gesture wait for what you expect.
    """
    page.wait_for_function(AT_REST, timeout=timeout_s * 1000)
    return page
