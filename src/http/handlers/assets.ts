import { HttpProblem } from "../response.ts";
import { type Answers, type Operation, operation, problemAnswer } from "../exchange/operation.ts";
import { type Asset, findAsset } from "../page/assets.ts";
import { text } from "../schema.ts";
import { loginPage } from "./log_in.ts";

const etag = { etag: "of this version, for `if-none-match`" };
const unchanged = { description: "the client has this version", headers: etag };

function assetAnswers(type: string): Answers {
  return {
    200: { description: "what the page is made of", type, schema: text(), headers: etag },
    304: unchanged,
  };
}

/** The live page. */
export const page: Operation = operation({
  path: "/",
  id: "page",
  summary: "The live page",
  isOpen: true,
  query: {},
  answers: {
    ...assetAnswers("text/html"),
    401: { description: "asks for the token", type: "text/html", schema: text() },
  },
  handle: (_query, _context, { request, isTrusted }) =>
    isTrusted ? serveAsset("index.html", request) : loginPage(),
});

/** What the page is made of. */
export const asset: Operation = operation({
  path: "/assets/{name}",
  id: "asset",
  summary: "A file of the live page",
  isOpen: true,
  query: {},
  answers: { ...assetAnswers("*/*"), 404: problemAnswer("the page has no such file") },
  handle: (_query, _context, { request, params }) => serveAsset(params["name"] ?? "", request),
});

async function serveAsset(name: string, request: Request): Promise<Response> {
  const asset = await findAsset(name);
  if (asset === undefined) {
    throw new HttpProblem({ status: 404, detail: `no asset "${name.slice(0, 80)}"` });
  }
  const headers = {
    etag: asset.etag,
    // Asked again each time and answered 304: a new version shows at once.
    "cache-control": "no-cache",
    "content-type": asset.contentType,
  };
  return isFresh(request, asset)
    ? new Response(null, { status: 304, headers })
    : new Response(asset.text, { headers });
}

/** @see RFC 9110 §13.1.2: a list of tags, compared weakly, or `*`. */
function isFresh(request: Request, { etag }: Asset): boolean {
  const tags = request.headers.get("if-none-match")?.split(",").map((tag) => tag.trim()) ?? [];
  return tags.some((tag) => tag === "*" || tag.replace(/^W\//, "") === etag);
}
