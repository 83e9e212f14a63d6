import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { seconds } from "../support/seconds.ts";

/** A feed that only listens to what is asked for. */
class ListeningFeed implements AsyncDisposable {
  readonly asked: string[] = [];
  readonly #sockets: WebSocket[] = [];
  readonly #http = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => {
      const { type, symbol } = JSON.parse(String(data));
      this.asked.push(`${type} ${symbol}`);
    };
    socket.onerror = () => {};
    this.#sockets.push(socket);
    return response;
  });

  get url(): string {
    return `ws://127.0.0.1:${this.#http.addr.port}?token=`;
  }

  /** Cuts the connection; the client makes another one. */
  cut(): void {
    for (const socket of this.#sockets.splice(0)) socket.close();
  }

  async until(messages: number): Promise<readonly string[]> {
    for (let wait = 0; wait < 200 && this.asked.length < messages; wait++) await seconds(0.05);
    return this.asked;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http.shutdown();
  }
}

Deno.test("Subscriptions follow a file, by themselves and at SIGHUP, over a reconnect", async () => {
  const folder = await Deno.makeTempDir({ prefix: "symbols-" });
  const file = `${folder}/symbols.txt`;
  await Deno.writeTextFile(file, "AAPL\nMSFT # two\n");
  await using feed = new ListeningFeed();
  {
    const env = {
      FINHUB_API_URL: feed.url,
      FINHUB_SECRET_KEY: "any",
      FINHUB_SYMBOLS_FILE: file,
    };
    await using program = new Program("record", { args: ["--out", folder], env });
    assert.deepEqual(await feed.until(2), ["subscribe AAPL", "subscribe MSFT"]);

    await Deno.writeTextFile(file, "MSFT\nBINANCE:BTCUSDT\n");
    Deno.kill(program.pid, "SIGHUP");
    const changed = ["unsubscribe AAPL", "subscribe BINANCE:BTCUSDT"];
    assert.deepEqual((await feed.until(4)).slice(2), changed);

    await Deno.writeTextFile(file, "[nonsense]");
    await program.line("Symbols stay as they were");
    feed.cut();
    const again = ["subscribe MSFT", "subscribe BINANCE:BTCUSDT"];
    assert.deepEqual((await feed.until(6)).slice(4), again);

    await Deno.writeTextFile(file, "MSFT");
    assert.deepEqual((await feed.until(7)).slice(6), ["unsubscribe BINANCE:BTCUSDT"]);
    assert.equal(await program.stop(), 0);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("A file of symbols that is missing at the start is an error that names it", async () => {
  const env = { FINHUB_SECRET_KEY: "any", FINHUB_SYMBOLS_FILE: "/nowhere/symbols.txt" };
  await using program = new Program("record", { env });
  assert.equal(await program.ended(), 2);
  assert.match(JSON.stringify(program.log), /FINHUB_SYMBOLS_FILE.*nowhere/);
});
