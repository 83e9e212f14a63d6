/** Lines of a table whose columns are as wide as their widest cell. */
export function textTable(rows: readonly (readonly string[])[]): string[] {
  return new TextTable().lines(rows);
}

/** A table that comes in portions: its columns are as wide as the widest cell so far. */
export class TextTable {
  #widths: number[] = [];

  lines(rows: readonly (readonly string[])[]): string[] {
    for (const row of rows) {
      for (const [column, { length }] of row.entries()) {
        this.#widths[column] = Math.max(this.#widths[column] ?? 0, length);
      }
    }
    return rows.map((row) =>
      row.map((cell, column) => cell.padEnd(this.#widths[column] ?? 0)).join("  ").trimEnd()
    );
  }
}
