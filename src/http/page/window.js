// @ts-check

/**
 * Which items of a list are in view, and a few beyond.
 *
 * @param {object} view
 * @param {number} view.count Items in the list.
 * @param {number} view.length Of each item, px.
 * @param {number} view.offset How far the list is scrolled, px; of a list that has just become
 *   shorter a browser may still tell where it was.
 * @param {number} view.extent How much of it is in view, px.
 * @param {number} view.spare Items beyond each edge.
 * @returns {{ start: number, end: number }} Indexes in `[start, end)`.
 */
export function sliceOf({ count, length, offset, extent, spare }) {
  const top = Math.min(offset, Math.max(0, count * length - extent));
  const start = Math.floor(top / length) - spare;
  const end = Math.ceil((top + extent) / length) + spare;
  return { start: Math.max(0, Math.min(start, count)), end: Math.max(0, Math.min(end, count)) };
}
