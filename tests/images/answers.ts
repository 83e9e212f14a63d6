import assert from "node:assert/strict";

/** What is answered at a URL, with 200. */
export async function answers(url: string): Promise<string> {
  const response = await fetch(url);
  const text = await response.text();
  assert.equal(response.status, 200, `${url}: ${text}`);
  return text;
}
