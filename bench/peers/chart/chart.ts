/**
 * Draws a chart that vega-lite describes: JSON from standard input, SVG to standard output.
 *
 * The libraries' names are not literals, because only this folder's deno.json knows them: whoever
 * runs the pipeline need not download them.
 */
const [vegaName, vegaLiteName] = ["vega", "vega-lite"];

interface Vega {
  parse(spec: object): object;
  readonly View: new (runtime: object, options: { readonly renderer: "none" }) => {
    toSVG(): Promise<string>;
  };
}

interface VegaLite {
  compile(description: object): { readonly spec: object };
}

const vega: Vega = await import(vegaName);
const { compile }: VegaLite = await import(vegaLiteName);
const description = await new Response(Deno.stdin.readable).json();
const view = new vega.View(vega.parse(compile(description).spec), { renderer: "none" });
const svg = new TextEncoder().encode(await view.toSVG());
await new Blob([svg]).stream().pipeTo(Deno.stdout.writable);
