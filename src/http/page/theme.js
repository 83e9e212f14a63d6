// @ts-check
/// <reference lib="dom" />
import { byId } from "./dom.js";

const storageKey = "theme";

/**
 * Follows the system's colour scheme until the button chooses another.
 *
 * @param {() => void} onChange Called after every change of colours.
 */
export function startTheme(onChange) {
  const button = byId("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const dark = (stored() ?? (system.matches ? "dark" : "light")) === "dark";
    document.documentElement.dataset["theme"] = dark ? "dark" : "light";
    button.textContent = dark ? "Light" : "Dark";
    button.setAttribute("aria-label", `Switch to ${dark ? "light" : "dark"} colours`);
    onChange();
  };
  button.addEventListener("click", () => {
    const dark = document.documentElement.dataset["theme"] === "dark";
    store(dark ? "light" : "dark");
    apply();
  });
  system.addEventListener("change", apply);
  apply();
}

/** Storage may be forbidden; then the choice lasts as long as the page. */
/** @type {string | null} */
let chosen = null;

function stored() {
  try {
    return chosen ?? localStorage.getItem(storageKey);
  } catch {
    return chosen;
  }
}

/** @param {string} value */
function store(value) {
  chosen = value;
  try {
    localStorage.setItem(storageKey, value);
  } catch {
    // Kept in `chosen`.
  }
}
