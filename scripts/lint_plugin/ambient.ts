import { type Ambient, folders, placeOf } from "./places.ts";
import { eachSpecifier } from "./specifiers.ts";

/** Members that are forbidden by their whole name; a name ending in a dot covers all members. */
const members: Readonly<Record<string, Ambient>> = {
  "Date.now": "time",
  "performance.now": "time",
  "performance.timeOrigin": "time",
  "Temporal.Now": "time",
  "AbortSignal.timeout": "timers",
  "Math.random": "randomness",
  "crypto.randomUUID": "randomness",
  "crypto.getRandomValues": "randomness",
  "Deno.": "Deno",
};

/** Functions and classes that are forbidden when called or constructed. */
const callees: Readonly<Record<string, Ambient>> = {
  setTimeout: "timers",
  setInterval: "timers",
  fetch: "network",
  WebSocket: "network",
  EventSource: "network",
};

/** Modules of the runtime that hand out the same things under other names. */
const modules: Readonly<Record<string, Ambient>> = {
  "node:timers": "timers",
  "node:timers/promises": "timers",
  "node:fs": "runtime",
  "node:fs/promises": "runtime",
  "node:os": "runtime",
  "node:process": "runtime",
  "node:child_process": "runtime",
  "node:sqlite": "runtime",
  "node:net": "network",
  "node:http": "network",
};

/** Time, chance and the machine are arguments in the folders whose behaviour they decide. */
export const noAmbient: Deno.lint.Rule = {
  create(context) {
    const place = placeOf(context.filename);
    const without = place?.folder === undefined ? [] : folders[place.folder]?.without ?? [];
    if (place === undefined || place.exempt || without.length === 0) return {};
    const check = (name: string, kind: Ambient | undefined, node: Deno.lint.Node) => {
      if (kind === undefined || !without.includes(kind)) return;
      context.report({ node, message: `"${name}" must be injected in ${place.folder}/: ${kind}` });
    };
    return visitor(check);
  },
};

type Check = (name: string, kind: Ambient | undefined, node: Deno.lint.Node) => void;

function visitor(check: Check): Deno.lint.LintVisitor {
  return {
    ...eachSpecifier((specifier, node) => check(specifier, modules[specifier], node)),
    MemberExpression(node) {
      const name = globalName(node);
      if (name === undefined) return;
      check(name, members[name] ?? members[`${name.split(".")[0]}.`], node);
    },
    CallExpression(node) {
      const name = globalName(node.callee);
      if (name === "Date") check("Date()", "time", node);
      else if (name !== undefined) check(name, callees[name], node);
    },
    NewExpression(node) {
      const name = globalName(node.callee);
      if (name === "Date" && node.arguments.length === 0) check("new Date()", "time", node);
      else if (name !== undefined) check(name, callees[name], node);
    },
  };
}

/** `a` or `a.b` of an expression that is no more than names; without a leading `globalThis`. */
function globalName(node: Deno.lint.Node): string | undefined {
  if (node.type === "Identifier") return node.name;
  if (node.type !== "MemberExpression" || node.computed) return undefined;
  if (node.property.type !== "Identifier") return undefined;
  const object = globalName(node.object);
  if (object === undefined || object.includes(".")) return undefined;
  return object === "globalThis" ? node.property.name : `${object}.${node.property.name}`;
}
