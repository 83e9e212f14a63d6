/** The text of an answer; `undefined` where it is longer, of which no more is read. */
export async function boundedText(
  response: Response,
  charsMax: number,
): Promise<string | undefined> {
  let text = "";
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    if (text.length > charsMax) return undefined;
  }
  return text;
}
