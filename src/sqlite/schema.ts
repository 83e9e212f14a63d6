/**
 * Tables of the embedded results file: names and columns as in `cql/`, plus `version_us`, which
 * Cassandra keeps beside every cell as its write time. Times are epoch milliseconds.
 */

const tradeColumns = `
  symbol TEXT NOT NULL,
  trade_timestamp INTEGER NOT NULL,
  trade_id INTEGER NOT NULL,
  price REAL NOT NULL,
  volume REAL NOT NULL,
  trade_conditions TEXT,
  ingest_timestamp INTEGER NOT NULL,
  version_us INTEGER NOT NULL`;

const windowColumns = `
  symbol TEXT NOT NULL,
  window_start INTEGER NOT NULL,
  window_end INTEGER NOT NULL,
  open REAL,
  high REAL,
  low REAL,
  close REAL,
  volume REAL NOT NULL,
  trade_count INTEGER NOT NULL,
  price_volume_multiply REAL NOT NULL,
  vwap REAL,
  final INTEGER NOT NULL,
  ingest_timestamp INTEGER NOT NULL,
  version_us INTEGER NOT NULL`;

/**
 * What brings a file from version `index` to `index + 1`; only ever appended to.
 *
 * `WITHOUT ROWID` keeps each table in the order of its key: one tree to write, and the latest
 * rows of a symbol lie side by side. The indexes serve the expiry alone, and grow at their end.
 */
export const schemaSteps: readonly string[] = [
  `
CREATE TABLE trades (${tradeColumns},
  PRIMARY KEY (symbol, trade_timestamp, trade_id)
) WITHOUT ROWID;
CREATE INDEX trades_by_ingest ON trades (ingest_timestamp);

CREATE TABLE trades_by_day (${tradeColumns},
  trade_date TEXT NOT NULL,
  PRIMARY KEY (symbol, trade_date, trade_timestamp, trade_id)
) WITHOUT ROWID;

CREATE TABLE running_averages_15_sec (${windowColumns},
  PRIMARY KEY (symbol, window_start)
) WITHOUT ROWID;
CREATE INDEX running_averages_by_ingest ON running_averages_15_sec (ingest_timestamp);

CREATE TABLE candles (${windowColumns},
  resolution TEXT NOT NULL,
  PRIMARY KEY (symbol, resolution, window_start)
) WITHOUT ROWID;
`,
];

/** "mkpr": marks the file as this program's, so that a foreign one is not written to. */
export const applicationId = 0x6d6b7072;
