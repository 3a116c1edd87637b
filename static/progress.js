// Watches a page that shows progress: fetches it again and shows what is new, until there is nothing to wait for.
// Without it the page reloads itself.
(() => {
  "use strict";
  const main = document.querySelector("main");
  const PAUSE = 1500;

  const refresh = async () => {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (answer.redirected || !answer.ok) {
      // Signed out, or gone: the page itself says it best.
      location.reload();
      return;
    }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    const [old, now] = [main.querySelector("[data-progress]"), fresh.querySelector("[data-progress]")];
    if (now) {
      old.replaceWith(now);
    } else {
      main.replaceChildren(...fresh.childNodes);
    }
  };

  const watch = async () => {
    while (main.querySelector("[data-progress]")) {
      await new Promise((done) => setTimeout(done, PAUSE));
      try {
        await refresh();
      } catch {
        // The network is away for a moment. The next round asks again.
      }
    }
  };

  watch();
})();
