// @ts-check
/// <reference lib="dom" />

const namespace = "http://www.w3.org/2000/svg";
const width = 66;
const height = 26;

/** @returns {SVGSVGElement} */
export function createSparkline() {
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "spark");
  svg.append(document.createElementNS(namespace, "path"));
  return svg;
}

/**
 * @param {SVGSVGElement} svg
 * @param {readonly number[]} values
 * @param {string} className
 */
export function drawSparkline(svg, values, className) {
  svg.setAttribute("class", `spark ${className}`);
  svg.firstElementChild?.setAttribute("d", sparkPath(values));
}

/**
 * A line through the values, from edge to edge.
 *
 * @param {readonly number[]} values
 * @returns {string} Path data; empty for fewer than two values.
 */
export function sparkPath(values) {
  if (values.length < 2) return "";
  const low = Math.min(...values);
  const range = Math.max(...values) - low;
  const points = values.map((value, index) => {
    const x = (index / (values.length - 1)) * width;
    const y = range === 0 ? height / 2 : (1 - (value - low) / range) * (height - 4) + 2;
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  return `M${points.join("L")}`;
}
