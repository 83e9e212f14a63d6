import type { StreamsApp } from "../../../../src/streams/app/streams_app.ts";
import { partitionForKey } from "../../../../src/streams/partitioner.ts";
import { encodeText } from "../../../../src/streams/text.ts";
import type { WindowResult } from "../../../../src/streams/topology/topology.ts";
import type { Chance } from "../chance.ts";
import { inputKeys } from "../input.ts";
import type { ModelRules } from "../model_rules.ts";
import type { Asked } from "../play.ts";
import type { TableEnd } from "./graph.ts";
import { sorted } from "./graph_end.ts";
import type { StateRow } from "./graph_table.ts";
import type { Answer, TableHistory } from "./table_history.ts";

/** Behind all times of the input, epoch ms. */
const endMs = 1_000_000_000;

/** Of records, and those that values make. */
const keys = [...inputKeys, "v0", "v1", "v2", "v3"];

/** What the queries of a drawn job are held against. */
export interface QueryWorld {
  readonly chance: Chance;
  readonly rules: readonly ModelRules[];
  /** Of each partition. */
  readonly histories: readonly (TableHistory | undefined)[];
  readonly wrong: (program: string, what: string) => void;
}

/** Asks programs for what their table has, which must be what some commit has made. */
export class GraphQueries {
  readonly #table: TableEnd;
  readonly #world: QueryWorld;

  constructor(table: TableEnd, world: QueryWorld) {
    this.#table = table;
    this.#world = world;
  }

  async ask({ program, app, positionOf }: Asked): Promise<void> {
    const { chance, histories, wrong } = this.#world;
    const key = chance.pick(keys);
    const partition = partitionForKey(encodeText(key), histories.length);
    const from = positionOf(partition);
    let answer: Answer | undefined;
    try {
      answer = await this.#answer(app, key);
    } catch (error) {
      return wrong(program, `${key} is refused: ${error instanceof Error ? error.stack : error}`);
    }
    const to = positionOf(partition);
    if (answer === undefined || from === undefined || to === undefined) return;
    const expected = histories[partition]?.wrong(answer, from, to);
    if (expected === undefined) return;
    wrong(program, `${key} has ${JSON.stringify(answer)}, not ${expected}`);
  }

  /** `undefined` where the key is not here. */
  async #answer(app: AnyApp, key: string): Promise<Answer | undefined> {
    const { chance } = this.#world;
    const { windows, rollUpsMs } = this.#table;
    const lengthsMs = [windows?.sizeMs ?? 0, ...rollUpsMs];
    const retentionMs = this.#retentionMs;
    const all = { key, limit: Infinity, retentionMs };
    if (windows === undefined) {
      const value = await app.value(key);
      if (value === undefined) return undefined;
      const row = { startMs: 0, text: JSON.stringify([sorted(value.value)]) };
      return { ...all, lengthsMs, rows: [row], open: false };
    }
    if (chance.oneIn(3)) {
      const found = app.openWindows(key);
      if (found === undefined) return undefined;
      return { ...all, lengthsMs, rows: found.windows.map(rowOf), open: true };
    }
    const sizeMs = chance.pick(lengthsMs);
    const limit = chance.pick([1, 3, 1_000]);
    const rows = await app.windows(key, { fromMs: 0, toMs: endMs, limit, sizeMs });
    if (rows === undefined) return undefined;
    return { ...all, limit, lengthsMs: [sizeMs], rows: rows.map(rowOf), open: false };
  }

  /** Any of the rules may have been those of a program. */
  readonly #retentionMs = (lengthMs: number): number => {
    const isRollUp = this.#table.rollUpsMs.includes(lengthMs);
    return Math.min(
      ...this.#world.rules.map(({ retentionMs, rollUpRetentionMs }) =>
        isRollUp ? rollUpRetentionMs : retentionMs
      ),
    );
  };
}

type AnyApp = Pick<StreamsApp<unknown, unknown, unknown>, "value" | "windows" | "openWindows">;

function rowOf({ startMs, endMs, value, final }: WindowResult<unknown>): Omit<StateRow, "final"> {
  return { startMs, text: JSON.stringify([endMs, final, sorted(value)]) };
}
