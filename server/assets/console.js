// Everything here is an addition: each page works without it.
"use strict";

const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// What a person chose on this machine. Storage may be forbidden; then the choice lasts for the page.
const kept = {
  get(key) {
    try { return localStorage.getItem(key); } catch { return null; }
  },
  set(key, value) {
    try { localStorage.setItem(key, value); } catch { /* the choice lasts for the page */ }
  },
};

// Before and after: side by side, or one over the other with a hand to slide.
function compare() {
  const control = one("#compare");
  const pairs = all(".pair.complete");
  if (!control || pairs.length === 0) return;
  const narrow = matchMedia("(max-width: 560px)");
  const show = (mode) => {
    const slide = mode === "slide";
    for (const button of all("[data-compare]", control)) {
      button.setAttribute("aria-pressed", String(button.dataset.compare === mode));
    }
    for (const pair of pairs) {
      one(".frames", pair).classList.toggle("slide", slide);
      one(".slider", pair).hidden = !slide;
    }
  };
  for (const pair of pairs) {
    const hand = one(".slider input", pair);
    const frames = one(".frames", pair);
    hand.addEventListener("input", () => frames.style.setProperty("--cut", `${hand.value}%`));
  }
  control.hidden = false;
  control.addEventListener("click", (event) => {
    const button = event.target.closest("[data-compare]");
    if (!button) return;
    kept.set("rounds.compare", button.dataset.compare);
    show(button.dataset.compare);
  });
  show(kept.get("rounds.compare") ?? (narrow.matches ? "slide" : "side"));
  // Paper has no hand to slide.
  addEventListener("beforeprint", () => show("side"));
}

// Reasons that are often given, one tap each.
function reasons() {
  for (const group of all(".reasons")) {
    group.hidden = false;
    group.addEventListener("click", (event) => {
      const button = event.target.closest("[data-reason]");
      if (!button) return;
      const text = one("textarea", group.closest("form"));
      text.value = button.textContent;
      text.focus();
    });
  }
  for (const details of all("details.return")) {
    details.addEventListener("toggle", () => { if (details.open) one("textarea", details).focus(); });
  }
}

// One key, one act: j k Enter a r / ?. Off when the person says so (WCAG 2.1.4).
function keys() {
  const help = one("#keys");
  const opener = one("#keys-button");
  if (!help || !opener) return;
  const on = one("#keys-on", help);
  on.checked = kept.get("rounds.keys") !== "off";
  on.addEventListener("change", () => kept.set("rounds.keys", on.checked ? "on" : "off"));
  opener.hidden = false;
  opener.addEventListener("click", () => help.showModal());

  const target = (line) => one(".row-title", line) ?? line;
  const current = () => document.activeElement?.closest("[data-line]");
  const move = (step) => {
    const lines = all("[data-line]");
    const at = lines.indexOf(current());
    const next = lines[at < 0 ? (step > 0 ? 0 : lines.length - 1) : at + step];
    if (!next) return;
    target(next).focus({ preventScroll: true });
    next.scrollIntoView({ block: next.offsetHeight > innerHeight ? "start" : "nearest" });
  };
  // The item the keyboard is on; with none, the first that still waits.
  const item = (selector) => {
    const line = current();
    return line ? one(selector, line) : one(`.pair ${selector}`);
  };
  const acts = {
    j: () => move(1),
    k: () => move(-1),
    Enter: () => { const link = current() && one("a", current()); if (document.activeElement === current()) link?.click(); },
    a: () => { const form = item("[data-accept]"); if (form && !one("button", form).disabled) form.requestSubmit(); },
    r: () => {
      const details = item("details.return");
      if (!details) return;
      details.open = true;
      one("textarea", details).focus();
    },
    "/": () => one("#search")?.focus(),
    "?": () => help.showModal(),
  };
  const writing = (element) => element.closest("input:not([type=range], [type=checkbox]), textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help.open) return;
    if (event.key === "Escape" && event.target.closest("details.return")) {
      const details = event.target.closest("details.return");
      details.open = false;
      one("summary", details).focus();
      return;
    }
    if (writing(event.target) || !on.checked) return;
    const act = acts[event.key];
    if (!act) return;
    if (event.key !== "Enter") event.preventDefault();
    act();
  });
}

// A form is sent once, however often the button is pressed.
function once() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  // Coming back by the browser's own button, the form may be sent again.
  addEventListener("pageshow", () => { for (const form of all("form[data-sent]")) delete form.dataset.sent; });
}

compare();
reasons();
keys();
once();
