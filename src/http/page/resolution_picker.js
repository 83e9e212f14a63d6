// @ts-check
/// <reference lib="dom" />
import { byId, create, setText } from "./dom.js";
import { formatLength } from "./format.js";

/** @typedef {import("../wire.ts").ResolutionJson} Resolution */

/** Stands for the length that fits what is in view. */
export const autoName = "auto";

/** The choice of a candle's length: radio buttons, one for each length that the server offers. */
export class ResolutionPicker {
  #group = byId("resolutions");
  /** @type {Map<string, HTMLInputElement>} */
  #inputs = new Map();
  #onPick;

  /** @param {(name: string) => void} onPick */
  constructor(onPick) {
    this.#onPick = onPick;
  }

  /**
   * Shows these, in their order, and no other but the one that fits.
   *
   * @param {readonly Resolution[]} resolutions
   */
  offer(resolutions) {
    const names = [autoName, ...resolutions.map(({ name }) => name)];
    if (names.join() === [...this.#inputs.keys()].join()) return;
    for (const input of this.#inputs.values()) input.parentElement?.remove();
    this.#inputs.clear();
    this.#add(autoName, "The length that fits what is in view");
    for (const { name, size_ms } of resolutions) this.#add(name, formatLength(size_ms));
  }

  /**
   * @param {string} name What is chosen.
   * @param {string} resolution What is shown.
   */
  select(name, resolution) {
    const input = this.#inputs.get(name);
    if (input !== undefined) input.checked = true;
    const auto = this.#inputs.get(autoName)?.nextElementSibling;
    if (auto) setText(auto, name === autoName ? `Auto ${resolution}` : "Auto");
  }

  /**
   * @param {string} name
   * @param {string} label
   */
  #add(name, label) {
    const element = create("label", "segment");
    const input = document.createElement("input");
    input.type = "radio";
    input.name = "resolution";
    input.value = name;
    input.setAttribute("aria-label", label);
    input.addEventListener("change", () => this.#onPick(name));
    element.append(input, create("span", "", name === autoName ? "Auto" : name));
    element.title = label;
    this.#inputs.set(name, input);
    this.#group.append(element);
  }
}
