import assert from "node:assert/strict";
import { LateView } from "../../../../src/http/view/late_view.ts";
import type { LiveUpdate } from "../../../../src/http/ports.ts";
import { FakeLiveView } from "../../../support/fake_live_view.ts";

/** A view that tells how many listen to it. */
class CountingView extends FakeLiveView {
  listening = 0;

  override subscribe(listener: (update: LiveUpdate) => void): () => void {
    this.listening += 1;
    const unsubscribe = super.subscribe(listener);
    return () => {
      this.listening -= 1;
      unsubscribe();
    };
  }
}

Deno.test("LateView listens to its view only while anyone listens to it, from before on", () => {
  const late = new LateView({ application: "app", topic: "trade1", feed: "live" });
  const early = late.subscribe(() => {});
  const view = new CountingView();
  late.show(view);
  assert.equal(view.listening, 1);
  const second = late.subscribe(() => {});
  early();
  assert.equal(view.listening, 1);
  second();
  assert.equal(view.listening, 0);
});
