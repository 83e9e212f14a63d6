// @ts-check
/// <reference lib="dom" />
import { byId, create } from "./dom.js";
import { formatLength } from "./format.js";

/** @typedef {import("../wire.ts").ResolutionJson} Resolution */

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
   * Shows these, in their order, and no other.
   *
   * @param {readonly Resolution[]} resolutions
   */
  offer(resolutions) {
    const names = resolutions.map(({ name }) => name);
    if (names.join() === [...this.#inputs.keys()].join()) return;
    for (const input of this.#inputs.values()) input.parentElement?.remove();
    this.#inputs.clear();
    for (const resolution of resolutions) this.#add(resolution);
  }

  /** @param {string} name */
  select(name) {
    const input = this.#inputs.get(name);
    if (input !== undefined) input.checked = true;
  }

  /** @param {Resolution} resolution */
  #add({ name, size_ms }) {
    const label = create("label", "segment");
    const input = document.createElement("input");
    input.type = "radio";
    input.name = "resolution";
    input.value = name;
    input.setAttribute("aria-label", formatLength(size_ms));
    input.addEventListener("change", () => this.#onPick(name));
    label.append(input, create("span", "", name));
    this.#inputs.set(name, input);
    this.#group.append(label);
  }
}
