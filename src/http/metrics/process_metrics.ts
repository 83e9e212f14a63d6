import process from "node:process";
import { Counter, Gauge, type Registry } from "prom-client";

/** Memory of this thread's own heap; the sum over all threads is the process's. */
export class HeapMetrics {
  readonly #heap: Gauge;
  readonly #external: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#heap = new Gauge({
      name: "process_heap_bytes",
      help: "JavaScript heap in use in bytes.",
      registers,
    });
    this.#external = new Gauge({
      name: "process_external_memory_bytes",
      help: "Memory of buffers outside the JavaScript heap in bytes.",
      registers,
    });
  }

  /** Takes the figures of now. */
  update(): void {
    const { heapUsed, external } = Deno.memoryUsage();
    this.#heap.set(heapUsed);
    this.#external.set(external);
  }
}

/**
 * Memory and processor time of this process.
 *
 * Own figures, because most of prom-client's default ones read `/proc`, which needs a permission
 * that the program does not have, and then report 0.
 */
export class ProcessMetrics {
  readonly #resident: Gauge;
  readonly #heap: HeapMetrics;
  readonly #cpu: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#resident = new Gauge({
      name: "process_resident_memory_bytes",
      help: "Resident memory of the process in bytes.",
      registers,
    });
    this.#heap = new HeapMetrics(registry);
    this.#cpu = new Counter({
      name: "process_cpu_seconds_total",
      help: "User and system processor time of the process in seconds.",
      registers,
    });
  }

  /** Takes the figures of now. */
  update(): void {
    this.#resident.set(Deno.memoryUsage().rss);
    this.#heap.update();
    const { user, system } = process.cpuUsage();
    this.#cpu.reset();
    this.#cpu.inc((user + system) / 1e6);
  }
}
