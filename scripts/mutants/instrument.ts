import type { Compiler, SyntaxNode } from "./syntax.ts";

/** One small change of the code, which a test should notice. */
export interface Mutant {
  /** Number by which the instrumented code knows it. */
  readonly number: number;
  /** Stays the same as long as the text that it changes does: `path rule text`. */
  readonly id: string;
  readonly path: string;
  readonly line: number;
}

/** A file in which every mutant is a branch that `m(number)` chooses. */
export interface Instrumented {
  readonly text: string;
  readonly mutants: readonly Mutant[];
}

/** What replaces an operator. */
const operators: Readonly<Record<string, { readonly rule: string; readonly other: string }>> = {
  "<": { rule: "bound", other: "<=" },
  "<=": { rule: "bound", other: "<" },
  ">": { rule: "bound", other: ">=" },
  ">=": { rule: "bound", other: ">" },
  "===": { rule: "equality", other: "!==" },
  "!==": { rule: "equality", other: "===" },
  "&&": { rule: "logic", other: "||" },
  "||": { rule: "logic", other: "&&" },
  "+=": { rule: "sign", other: "-=" },
  "-=": { rule: "sign", other: "+=" },
};

/** Calls that only say or check something: their absence changes no behaviour. */
const withoutEffect =
  /^(await )?(assert\b|(this\.)?[#\w.]*\b(logger|log|lines)\??\.(debug|info|warn|error)\()/;

/** In an expression that does more than read and compute: a call, a step, an assignment. */
const step = /[\w)\]]\s*\(|\b(new|await|yield)\b|\+\+|--|[^=!<>]=[^=>]/;

/** A write to a fixed place of a view: how many bits, and where. */
const viewWrite = /^([\w.#]+)\.set(?:Uint|Int|Float|BigUint|BigInt)(\d+)\((\d+), /;

/** A step in the memory of one thing. */
const inMemory = /^([\w.#]+)\.(push|add|set|delete)\([^()]*\);$/;

const idTextMax = 70;

const withParents = true;

/**
 * Makes the mutants of a file. A mutant's branch holds the original text, so that branches do not
 * multiply where one mutant is inside another.
 *
 * @param options.first Number of its first mutant.
 * @param options.header Import of `m`; goes before the first line, so that lines keep their numbers.
 */
export function instrument(
  path: string,
  text: string,
  { compiler, first, header }: {
    readonly compiler: Compiler;
    readonly first: number;
    readonly header: string;
  },
): Instrumented {
  const { ESNext } = compiler.ScriptTarget;
  const tree = compiler.createSourceFile(path, text, ESNext, withParents);
  const instrumenter = new Instrumenter(path, text, compiler, first);
  const body = instrumenter.render(tree) + text.slice(tree.end);
  const { mutants } = instrumenter;
  return { mutants, text: mutants.length === 0 ? text : `${header} ${body}` };
}

class Instrumenter {
  readonly mutants: Mutant[] = [];
  readonly #seen = new Map<string, number>();
  /** Of the second of two statements: the mutant that runs it before the first. */
  readonly #swaps = new Map<SyntaxNode, number>();

  readonly #path: string;
  readonly #source: string;
  readonly #compiler: Compiler;
  readonly #first: number;

  constructor(path: string, source: string, compiler: Compiler, first: number) {
    this.#path = path;
    this.#source = source;
    this.#compiler = compiler;
    this.#first = first;
  }

  /** The text of a node with the mutants inside it. */
  render(node: SyntaxNode): string {
    const isFile = node.parent === undefined;
    let at = isFile ? 0 : node.getStart();
    if (this.#isLeftAlone(node)) return this.#text(node);
    let text = "";
    const dressed = this.#statement(node, () => {
      const fallback = this.#isFallback(node) ? this.#add("fallback", node) : undefined;
      this.#compiler.forEachChild(node, (child) => {
        const start = child.getStart();
        if (start < at) return;
        const rendered = this.render(child);
        const reaches = fallback !== undefined && child === node.right;
        text += this.#source.slice(at, start);
        text += reaches ? `($reach(${fallback}), ${rendered})` : rendered;
        at = child.end;
      });
      text += this.#source.slice(at, node.end);
      if (fallback === undefined) return this.#expression(node, text);
      return `($isOn(${fallback}) ? (${this.#text(node.left ?? node)}) : (${text}))`;
    });
    return this.#isCondition(node) ? this.#negated(node, dressed) : dressed;
  }

  #isLeftAlone(node: SyntaxNode): boolean {
    const {
      ImportDeclaration,
      ExportDeclaration,
      LiteralType,
      ExpressionStatement,
      CallExpression,
    } = this.#compiler.SyntaxKind;
    if ([ImportDeclaration, ExportDeclaration, LiteralType].includes(node.kind)) return true;
    const mayBeCall = node.kind === ExpressionStatement || node.kind === CallExpression;
    return mayBeCall && withoutEffect.test(this.#text(node));
  }

  #text(node: SyntaxNode): string {
    return this.#source.slice(node.getStart(), node.end);
  }

  #add(rule: string, node: SyntaxNode, end = node.end): number {
    const start = node.getStart();
    const shown = this.#source.slice(start, end).replaceAll(/\s+/g, " ").slice(0, idTextMax);
    const key = `${this.#path} ${rule} ${shown}`;
    const times = (this.#seen.get(key) ?? 0) + 1;
    this.#seen.set(key, times);
    const number = this.#first + this.mutants.length;
    const line = this.#source.slice(0, start).split("\n").length;
    const id = times === 1 ? key : `${key} #${times}`;
    this.mutants.push({ number, id, path: this.#path, line });
    return number;
  }

  /** An expression with the mutant that stands for it. */
  #instead(rule: string, node: SyntaxNode, mutant: string, text: string): string {
    return `($m(${this.#add(rule, node)}) ? (${mutant}) : (${text}))`;
  }

  /** The same for one that gives the same as the original in many places. */
  #compared(rule: string, node: SyntaxNode, mutant: string, text: string): string {
    if (doesMore(this.#text(node))) return this.#instead(rule, node, mutant, text);
    const number = this.#add(rule, node);
    return `($isOn(${number}) ? (${mutant}) : $compare(${number}, ${text}, () => (${mutant})))`;
  }

  #isFallback({ operatorToken }: SyntaxNode): boolean {
    return operatorToken !== undefined && this.#text(operatorToken) === "??";
  }

  #expression(node: SyntaxNode, text: string): string {
    const kinds = this.#compiler.SyntaxKind;
    switch (node.kind) {
      case kinds["BinaryExpression"]:
        return this.#binary(node, text);
      case kinds["TrueKeyword"]:
        return this.#instead("boolean", node, "false", text);
      case kinds["FalseKeyword"]:
        return this.#instead("boolean", node, "true", text);
      case kinds["PrefixUnaryExpression"]:
      case kinds["PostfixUnaryExpression"]:
        return this.#unary(node, text);
      default:
        return text;
    }
  }

  #binary(node: SyntaxNode, text: string): string {
    const { left, right, operatorToken } = node;
    if (left === undefined || right === undefined || operatorToken === undefined) return text;
    const operator = this.#text(operatorToken);
    const [a, b] = [this.#text(left), this.#text(right)];
    if (operator === "+" || operator === "-") {
      return /^1n?$/.test(b) ? this.#instead("off by one", node, a, text) : text;
    }
    const change = operators[operator];
    if (change === undefined) return text;
    // A whole condition is negated anyway.
    if (change.rule === "equality" && this.#isCondition(node)) return text;
    const mutant = change.rule === "sign"
      ? `${a} ${change.other} ${b}`
      : `(${a}) ${change.other} (${b})`;
    const canBeSame = change.rule === "bound" || change.rule === "logic";
    return canBeSame
      ? this.#compared(change.rule, node, mutant, text)
      : this.#instead(change.rule, node, mutant, text);
  }

  #unary(node: SyntaxNode, text: string): string {
    const { ExclamationToken, PlusPlusToken, MinusMinusToken } = this.#compiler.SyntaxKind;
    if (node.operand === undefined || this.#isCondition(node)) return text;
    const operand = this.#text(node.operand);
    if (node.operator === ExclamationToken) return this.#instead("negation", node, operand, text);
    if (node.operator !== PlusPlusToken && node.operator !== MinusMinusToken) return text;
    // A loop that runs the wrong way only costs time.
    if (node.parent?.incrementor === node) return text;
    const mutant = this.#text(node).replace(/\+\+|--/, (sign) => sign === "++" ? "--" : "++");
    return this.#instead("sign", node, mutant, text);
  }

  #isCondition(node: SyntaxNode): boolean {
    const kinds = this.#compiler.SyntaxKind;
    const { parent } = node;
    if (parent === undefined) return false;
    if ([kinds["ConditionalExpression"], kinds["ForStatement"]].includes(parent.kind)) {
      return parent.condition === node;
    }
    const withCondition = [kinds["IfStatement"], kinds["WhileStatement"], kinds["DoStatement"]];
    return withCondition.includes(parent.kind) && parent.expression === node;
  }

  #negated(node: SyntaxNode, text: string): string {
    return this.#instead("negation", node, `!(${this.#text(node)})`, text);
  }

  /** A statement in the branches of the mutants that leave it out or move it. */
  #statement(node: SyntaxNode, render: () => string): string {
    const kinds = this.#compiler.SyntaxKind;
    if (node.kind === kinds["ReturnStatement"] && this.#isEarly(node)) {
      return `{ if (!$m(${this.#add("return", node)})) ${render()} }`;
    }
    if (node.kind !== kinds["ExpressionStatement"]) return render();
    const before = this.#swaps.get(node);
    const next = this.#next(node);
    let text = "";
    if (this.#canBeDropped(node)) text = `if (!$m(${this.#add("drop", node)})) `;
    const swap = next === undefined ? undefined : this.#add("order", node, next.end);
    if (next !== undefined && swap !== undefined) this.#swaps.set(next, swap);
    text = `{ ${text}${render()} }`;
    if (next !== undefined) {
      text = `{ if ($m(${swap})) { ${this.#text(next)} ${this.#text(node)} } else ${text} }`;
    }
    return before === undefined ? text : `{ if (!$m(${before})) ${text} }`;
  }

  /** True for a return in a branch of an `if`, behind which the function continues. */
  #isEarly({ parent }: SyntaxNode): boolean {
    const { IfStatement, Block } = this.#compiler.SyntaxKind;
    const branch = parent?.kind === Block ? parent?.parent : parent;
    return branch?.kind === IfStatement && branch?.elseStatement === undefined;
  }

  #canBeDropped({ expression }: SyntaxNode): boolean {
    const kinds = this.#compiler.SyntaxKind;
    let inner = expression;
    if (inner?.kind === kinds["AwaitExpression"] || inner?.kind === kinds["VoidExpression"]) {
      inner = inner?.expression;
    }
    if (inner === undefined) return false;
    if (inner.kind === kinds["CallExpression"]) return !this.#text(inner).startsWith("super(");
    const sign = inner.operatorToken === undefined ? "" : this.#text(inner.operatorToken);
    return sign === "+=" || sign === "-=" || inner.operand !== undefined;
  }

  /** The statement behind a step, if it is a step as well and their order may matter. */
  #next(node: SyntaxNode): SyntaxNode | undefined {
    const siblings = node.parent?.statements;
    const next = siblings?.[siblings.indexOf(node) + 1];
    if (next === undefined || !this.#isStep(node) || !this.#isStep(next)) return undefined;
    const [one, other] = [this.#text(node), this.#text(next)];
    const isSame = one === other || areApart(one, other) || areOfTwoThings(one, other);
    return isSame ? undefined : next;
  }

  /** True for calls, and for what waits: two plain assignments can be made in any order. */
  #isStep(node: SyntaxNode): boolean {
    const { ExpressionStatement, CallExpression } = this.#compiler.SyntaxKind;
    const text = this.#text(node);
    const steps = node.expression?.kind === CallExpression || text.includes("await ");
    return node.kind === ExpressionStatement && steps && !text.startsWith("super(") &&
      !withoutEffect.test(text);
  }
}

function doesMore(text: string): boolean {
  return step.test(text.replaceAll(/\bMath\.\w+\(/g, "("));
}

/** True for two writes to places of one view that share no byte: their order makes no difference. */
function areApart(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => {
    const found = viewWrite.exec(text);
    if (found === null || doesMore(text.slice(found[0].length).replace(/\);?$/, ""))) return;
    const [, view, bits, start] = found;
    return { view, start: Number(start), end: Number(start) + Number(bits) / 8 };
  });
  if (a === undefined || b === undefined || a.view !== b.view) return false;
  return a.end <= b.start || b.end <= a.start;
}

/** True for steps in the memory of two things, between which nothing looks at them. */
function areOfTwoThings(...steps: readonly string[]): boolean {
  const [one, other] = steps.map((step) => inMemory.exec(step)?.[1]);
  return one !== undefined && other !== undefined && one !== other;
}
