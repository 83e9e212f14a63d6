import {
  count,
  globalTable,
  hopping,
  job,
  json,
  type KeyedStream,
  merge,
  session,
  sliding,
  stream,
  sum,
  table,
  text,
  tumbling,
  within,
} from "../../../src/streams/mod.ts";

/** What must not compile: nothing of it is called, `deno check` looks at it. */
function refused(_use: () => unknown): void {}

interface Order {
  readonly id: string;
  readonly cents: number;
}

const lines = stream("lines", text());
const orders = stream("orders", json<Order>()).keyBy(({ id }) => id);
const payments = stream("payments", json<{ readonly of: string; readonly paid: number }>())
  .keyBy((payment) => payment.of);
const names = table("names", text());
const prices = table("prices", json<number>());
const catalogue = globalTable("catalogue", json<{ readonly title: string }>());
const cents = ({ cents }: Order) => cents;
const calls = orders.process("calls", { last: json<number>() }, {
  process: ({ cents }, { timeMs, stores: { last }, schedule }) => {
    last.put(cents);
    schedule(timeMs + 1);
    return [cents];
  },
  punctuate: (timeMs, { stores: { last } }) => [timeMs + (last.get() ?? 0)],
});
const paired = orders.join(
  "paired",
  payments,
  within("1m"),
  (order, { paid }) => order.cents - paid,
);

Deno.test("windows are of the kind that their table takes", () => {
  const slid = orders.window(sliding("1m", { grace: 0 }));
  const hopped = orders.window(hopping("1m", { advance: "20s" }));
  const rollUps = [tumbling("1h")];
  orders.window(tumbling("1m")).aggregate("sums", { cents: sum(cents) }, { rollUps });
  // @ts-expect-error: the grace says how far values may be out of order
  refused(() => sliding("1m", {}));
  // @ts-expect-error: windows that overlap are not rolled up
  refused(() => slid.aggregate("sums", { cents: sum(cents) }, { rollUps }));
  // @ts-expect-error: the same
  refused(() => hopped.aggregate("sums", { cents: sum(cents) }, { rollUps }));
  const summing = { initial: () => 0, add: (sum: number, { cents }: Order) => sum + cents };
  const merged = { merge: (into: number, from: number) => into + from };
  // @ts-expect-error: the same of an aggregation
  refused(() => hopped.aggregate("sums", { ...summing, rollUps: { ...merged, levels: [] } }));
  orders.window(session("1m")).aggregate("sums", { ...summing, ...merged });
  // @ts-expect-error: two sessions may become one
  refused(() => orders.window(session("1m")).aggregate("sums", summing));
  // @ts-expect-error: a row without a window is never closed
  refused(() => orders.count("orders").onClose());
  // @ts-expect-error: a field is a fold
  refused(() => orders.aggregate("sums", { cents }));
  // @ts-expect-error: of the stream's values
  refused(() => orders.aggregate("sums", { lengths: sum((line: string) => line.length) }));
  slid.aggregate("sums", { orders: count() }).onClose();
});

Deno.test("what comes of calls goes to topics", () => {
  job("calls").to("calls", calls.map(String).filter((text) => text !== "").peek(() => {}));
  job("paired").to("paired", paired.leftJoin(names, (left, name) => `${name} ${left}`));
  // @ts-expect-error: another job folds it
  refused(() => calls.count("calls"));
  // @ts-expect-error: also behind further steps
  refused(() => calls.map(String).filter(Boolean).reduce("calls", (a, b) => a + b));
  // @ts-expect-error: also in windows
  refused(() => calls.window(tumbling("1m")));
  // @ts-expect-error: the values of joined streams come of calls as well
  refused(() => paired.aggregate("paired", { n: count() }));
  // @ts-expect-error: it is no stream of records alone
  refused((): KeyedStream<number, Order> => calls);
});

Deno.test("processors have what they name", () => {
  const numbered = orders.process("numbered", { seen: json<number>() }, {
    process: ({ id }, { stores: { seen } }) => {
      seen.put((seen.get() ?? 0) + 1);
      return [`${id} ${seen.get()}`];
    },
  });
  numbered.count("numbered");
  refused(() =>
    orders.process("never", {}, {
      // @ts-expect-error: nothing can be scheduled without punctuate
      process: (_order, { schedule }) => [schedule(1)],
    })
  );
  refused(() =>
    orders.process("other", { seen: json<number>() }, {
      // @ts-expect-error: no store has this name
      process: (_order, { stores: { last } }) => [last],
    })
  );
  refused(() =>
    orders.process("text", { seen: json<number>() }, {
      // @ts-expect-error: the store has numbers
      process: (_order, { stores: { seen } }) => [seen.put("1")],
    })
  );
});

Deno.test("joins are told apart by what is joined", () => {
  orders.leftJoin(names, (order, name) => `${order.id} ${name?.length}`);
  // @ts-expect-error: the key may have no partner
  refused(() => orders.leftJoin(names, (_order, name) => name.length));
  orders.join(names, (_order, name) => name.length);
  // @ts-expect-error: a value names the key of a global table
  refused(() => orders.join(catalogue, (_order, { title }) => title));
  orders.join(catalogue, ({ id }) => id, (_order, { title }) => title);
  // @ts-expect-error: the key that it names may have none
  refused(() => orders.leftJoin(catalogue, ({ id }) => id, (_order, item) => item.title));
  // @ts-expect-error: no value of the stream has what only the table has
  refused(() => orders.outerJoin(names, (_order, name) => name));
  // @ts-expect-error: what waits for partners is kept by name
  refused(() => orders.join(payments, within("1m"), (order) => order));
  // @ts-expect-error: for so long
  refused(() => orders.join("paired", payments, "1m", (order) => order));
  // @ts-expect-error: a value may have had no partner
  refused(() => orders.leftJoin("p", payments, within("1m"), (_order, { paid }) => paid));
  // @ts-expect-error: either may have had none
  refused(() => orders.outerJoin("p", payments, within("1m"), ({ cents }) => cents));
  // @ts-expect-error: a stream without keys has none to be joined by
  refused(() => lines.join(names, (line, name) => line + name));
});

Deno.test("tables are joined with tables", () => {
  const both = names.outerJoin(prices, (name, price) => `${name} ${price?.toFixed(2)}`);
  job("both").to("both", both);
  both.toStream().reduce("newest", (_before, newest) => newest);
  // @ts-expect-error: either may have nothing
  refused(() => names.outerJoin(prices, (_name, price) => price.toFixed(2)));
  // @ts-expect-error: the other one may
  refused(() => names.leftJoin(prices, (_name, price) => price.toFixed(2)));
  // @ts-expect-error: a global table has no partition in common
  refused(() => names.join(catalogue, (name) => name));
  // @ts-expect-error: what a topic has goes to no other as it is
  refused(() => job("names").to("again", names));
});

Deno.test("streams are merged before their times and keys, which then stay", () => {
  merge(lines, stream("others", text())).map((line) => line.length).groupByKey()
    .map((length, key) => `${key} ${length}`).peek((line) => line.length);
  // @ts-expect-error: of the same values
  refused(() => merge(lines, stream("numbers", json<number>())));
  // @ts-expect-error: one that has keys is joined
  refused(() => merge(lines, orders));
  // @ts-expect-error: a value has been given its time
  refused(() => lines.timestamp(Number).map(String));
  // @ts-expect-error: and its key, behind which another job gives it another one
  refused(() => orders.keyBy(({ cents }) => String(cents)));
  // @ts-expect-error: what is rejected is a record's value
  refused(() => orders.reject(() => "never"));
});

Deno.test("branches have the types of their conditions", () => {
  type Either = { readonly kind: "a"; readonly a: number } | { readonly kind: "b" };
  const { as, others } = stream("eithers", json<Either>()).keyBy(({ kind }) => kind).branch({
    as: (value) => value.kind === "a",
    others: (value: Either) => String(value) !== "",
  });
  as.map(({ a }) => a).count("as");
  // @ts-expect-error: the others may be either
  refused(() => others.map(({ a }) => a));
  // @ts-expect-error: no branch has this name
  refused(() => orders.branch({ large: ({ cents }) => cents > 100 }).small);
  // @ts-expect-error: branches of what comes of calls do as well
  refused(() => calls.branch({ all: () => true }).all.count("calls"));
  // @ts-expect-error: a condition says yes or no
  refused(() => orders.branch({ all: ({ id }) => id }));
});

Deno.test("a job writes what is of its source and table", () => {
  const counts = orders.count("orders");
  const named = orders.map(({ id }) => id);
  job("a").to("named", named).to("orders", counts).to("others", orders).write(counts);
  // @ts-expect-error: values of another source
  refused(() => job("a").to("orders", counts).to("payments", payments));
  // @ts-expect-error: a table of another source
  refused(() => job("a").to("named", named).to("payments", payments.count("payments")));
  // @ts-expect-error: another table
  refused(() => job("a").to("orders", counts).to("sums", orders.reduce("sums", (a) => a)));
  // @ts-expect-error: another table, before which a stream was written
  refused(() => job("a").to("x", named).to("y", counts).write(orders.reduce("sums", (a) => a)));
  // @ts-expect-error: the sink takes texts
  refused(() => job("a").write(counts, { write: (_: readonly string[]) => Promise.resolve() }));
  // @ts-expect-error: the codec writes texts
  refused(() => job("a").to("orders", counts, { value: text() }));
});
