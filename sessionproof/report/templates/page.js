// Comforts only: without this script the page shows the same things.
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const details = all("details.requirement");
  const tiles = all(".tile");
  const tools = document.querySelector(".tools");

  const filter = () => {
    const chosen = tiles.filter((tile) => tile.getAttribute("aria-pressed") === "true").map((tile) => tile.dataset.verdict);
    for (const one of details) one.hidden = chosen.length > 0 && !chosen.includes(one.dataset.verdict);
    for (const group of all(".group")) group.hidden = !group.querySelector("details:not([hidden])");
    tools.querySelector("[data-reset]").disabled = chosen.length === 0;
    const shown = details.filter((one) => !one.hidden).length;
    tools.querySelector("[role=status]").textContent = chosen.length ? `${shown} of ${details.length} shown` : "";
  };

  for (const tile of tiles) {
    tile.disabled = false;
    tile.addEventListener("click", () => {
      tile.setAttribute("aria-pressed", String(tile.getAttribute("aria-pressed") !== "true"));
      filter();
    });
  }
  if (tools) {
    tools.hidden = false;
    tools.addEventListener("click", ({ target }) => {
      if (target.dataset.open) for (const one of details) if (!one.hidden) one.open = target.dataset.open === "true";
      if ("reset" in target.dataset) {
        for (const tile of tiles) tile.setAttribute("aria-pressed", "false");
        filter();
      }
    });
  }

  for (const button of all("button.copy")) {
    button.hidden = false;
    const script = button.parentElement.querySelector("pre");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(script.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(script);
        button.textContent = "Selected: press the copy key";
      }
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
  }

  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) target.open = true;
  };
  addEventListener("hashchange", reveal);
  reveal();
})();
