import { type Handler, HttpProblem } from "../context.ts";
import { type Asset, findAsset } from "../page/assets.ts";

/** `/`: the live page. */
export const getPage: Handler = ({ request }) => serveAsset("index.html", request);

/** `/assets/{name}`: what the page is made of. */
export const getAsset: Handler = ({ request, params }) => serveAsset(params["name"] ?? "", request);

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
