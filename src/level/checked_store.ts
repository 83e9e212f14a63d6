import { PipelineError } from "../base/errors.ts";
import type { Checkpoint } from "../streams/ports.ts";
import { encodeText, textOf } from "../streams/text.ts";
import { openValue, sealedChecksum, sealValue } from "./checked_value.ts";
import { type Database, readAhead } from "./database.ts";
import { RowChecksums } from "./row_checksums.ts";
import { RowLedger } from "./row_ledger.ts";

/** Whose state a folder holds; another one is refused. */
export interface StoreIdentity {
  readonly format: 3;
  readonly changelog: string;
  readonly changelogId: string;
  readonly topic: string;
  readonly partition: number;
}

/** The checkpoint on disk: how far the store is true, and what its rows then add up to. */
export interface CheckpointEntry extends Checkpoint {
  readonly rows: number;
  readonly digest: string;
}

/** The adapter's own entries start with `!`, before every key of the engine. */
const identityKey = encodeText("!identity");
export const checkpointKey: Uint8Array = encodeText("!checkpoint");
const rowKeys = { gte: encodeText('"') };

/** Rows and bytes that one read of the check brings at most. */
const checkRows = 2_000;
const checkBytes = 1024 * 1024;

/** Checks that the database is this task's, or makes an empty one so. */
export async function checkIdentity(db: Database, identity: StoreIdentity): Promise<void> {
  const stored = readText(db, identityKey);
  const wanted = JSON.stringify(identity);
  if (stored === wanted) return;
  if (stored !== undefined) {
    throw new PipelineError(
      "STORE_FOREIGN",
      `Cannot use the store ${db.location} as it must belong to ${wanted}: it says ${stored}`,
    );
  }
  await refuseNameless(db);
  await db.put(identityKey, sealValue(identityKey, encodeText(wanted)));
}

/** The checkpoint of the last commit that the disk has. */
export function readCheckpoint(db: Database): CheckpointEntry | undefined {
  const stored = readText(db, checkpointKey);
  return stored === undefined ? undefined : JSON.parse(stored) as CheckpointEntry;
}

/**
 * Reads every row and compares what they add up to with the checkpoint, so that rows which are
 * lost, stale, damaged or too many are noticed before one is served.
 *
 * @throws {PipelineError} `STORE_CORRUPT` if a row or the sum is not what was written.
 */
export async function checkRowsOf(
  db: Database,
  checkpoint: CheckpointEntry | undefined,
): Promise<RowLedger> {
  const ledger = new RowLedger(new RowChecksums({ rows: checkpoint?.rows }));
  await using iterator = db.iterator({ ...rowKeys, highWaterMarkBytes: checkBytes });
  for await (const rows of readAhead(iterator, checkRows)) {
    for (const [key, sealed] of rows) {
      openValue(key, sealed);
      ledger.found(key, sealedChecksum(sealed) as number);
    }
  }
  const { rows, digest } = ledger.sum;
  const wanted = checkpoint ?? new RowLedger().sum;
  if (digest === wanted.digest) return ledger;
  throw new PipelineError(
    "STORE_CORRUPT",
    `Cannot use the store ${db.location} as it must hold ${wanted.rows} rows with digest ` +
      `${wanted.digest}: it holds ${rows} with ${digest}`,
  );
}

function readText(db: Database, key: Uint8Array): string | undefined {
  const sealed = db.getSync(key);
  return sealed === undefined ? undefined : textOf(openValue(key, sealed));
}

async function refuseNameless(db: Database): Promise<void> {
  const [first] = await db.keys({ limit: 1 }).all();
  if (first === undefined) return;
  throw new PipelineError(
    "STORE_FOREIGN",
    `Cannot use the store ${db.location} as it must say whose it is: it holds entries without a name`,
  );
}
