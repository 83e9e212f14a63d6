import type { HttpContext } from "../exchange/context.ts";
import type { Route } from "../exchange/front.ts";
import { findAsset } from "../page/assets.ts";

/** Takes the token from a form and gives the browser its cookie. */
export function logIn({ access }: HttpContext): Route {
  return {
    pattern: "/login",
    isOpen: true,
    isLimited: false,
    methods: ["POST"],
    params: {},
    async handle({ request, client }) {
      const form = new URLSearchParams(await request.text());
      const cookie = access.logIn(form.get("token")?.trim() ?? "", client.isEncrypted);
      if (cookie === undefined) return await loginPage("That is not the token of this server.");
      const headers = { location: "/", "set-cookie": cookie, "cache-control": "no-store" };
      return new Response(null, { status: 303, headers });
    },
  };
}

/** The form that asks for the token. */
export async function loginPage(problem = ""): Promise<Response> {
  const asset = await findAsset("login.html");
  return new Response(asset?.text.replace("{problem}", problem), {
    status: 401,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "www-authenticate": "Bearer",
    },
  });
}
