/** A test as the runner knows it. */
export interface RegisteredTest {
  /** File, number within the file. */
  readonly id: string;
  readonly run: () => Promise<void>;
}

type TestFunction = (...args: unknown[]) => unknown;

/** Collects what test files hand to `Deno.test`, so that one process can run it again and again. */
export class TestRegistry {
  readonly tests: RegisteredTest[] = [];
  #file = "";
  #number = 0;

  /** Takes the place of `Deno.test`. */
  install(): void {
    const test = (...args: unknown[]) => this.#add(args, []);
    const each = (cases: Iterable<unknown>) => (...args: unknown[]) => {
      for (const row of cases) this.#add(args, Array.isArray(row) ? row : [row]);
    };
    const ignored = () => {};
    const hook = () => {
      throw new TypeError(`${this.#file} has hooks, which are not supported here`);
    };
    const hooks = { beforeAll: hook, afterAll: hook, beforeEach: hook, afterEach: hook };
    const value = Object.assign(test, { each, ignore: ignored, only: test, ...hooks });
    Object.defineProperty(Deno, "test", { value, configurable: true });
  }

  /** Imports a file; what it registers is called after it. */
  async load(file: string, importFile: () => Promise<unknown>): Promise<void> {
    this.#file = file;
    this.#number = 0;
    await importFile();
  }

  #add(args: readonly unknown[], values: readonly unknown[]): void {
    const options = args.find((arg) => typeof arg === "object") as
      | { readonly fn?: TestFunction; readonly ignore?: boolean }
      | undefined;
    const fn = args.find((arg) => typeof arg === "function") as TestFunction ?? options?.fn;
    const id = `${this.#file} ${this.#number++}`;
    if (fn === undefined || options?.ignore === true) return;
    this.tests.push({ id, run: async () => void await fn(...values, context) });
  }
}

/** Steps run where they stand. */
const context = {
  async step(first: unknown, second?: unknown): Promise<boolean> {
    const { fn } = first as { readonly fn?: TestFunction };
    const step = [first, second, fn].find((each) => typeof each === "function") as TestFunction;
    await step(context);
    return true;
  },
};
