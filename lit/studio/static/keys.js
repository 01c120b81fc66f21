// Groups are one stop each of the Tab key, with arrows inside, as screen readers say of them: Gradio's radio buttons
// have a name each (6.31), and its tabs are a stop each.

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export function start() {
  mend();
  new MutationObserver(mend).observe(document.body, { childList: true, subtree: true, attributeFilter: ["aria-selected", "name"] });
  document.addEventListener("keydown", move);
}

function mend() {
  for (const group of document.querySelectorAll("fieldset:has(> .wrap input[type=radio])")) {
    const radios = group.querySelectorAll("input[type=radio]");
    const name = (group.closest("[id]") ?? radios[0]).id || radios[0].name;
    for (const radio of radios) if (radio.name !== name) radio.name = name;
  }
  for (const tab of document.querySelectorAll('[role="tab"]')) {
    const stop = tab.getAttribute("aria-selected") === "true" ? 0 : -1;
    if (tab.tabIndex !== stop) tab.tabIndex = stop;
  }
}

function move(event) {
  const tab = event.target.closest?.('[role="tab"]');
  if (!tab || !(event.key in STEPS || event.key === "Home" || event.key === "End")) return;
  const tabs = [...tab.closest('[role="tablist"]').querySelectorAll('[role="tab"]')].filter((one) => one.checkVisibility());
  const place = { Home: 0, End: tabs.length - 1 }[event.key] ?? (tabs.indexOf(tab) + STEPS[event.key] + tabs.length) % tabs.length;
  event.preventDefault();
  tabs[place].focus();
  tabs[place].click();
}
