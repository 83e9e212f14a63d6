/** What something in the place of a schema registry may answer. */
export interface RegistryAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const long = "m4rk3r".repeat(100_000);

function answers(status: number, bodies: readonly string[]): RegistryAnswer[] {
  return bodies.map((body) => ({ status, body }));
}

function redirection(location: string): RegistryAnswer {
  return { status: 302, body: "", headers: { location } };
}

/** None of them is an answer to a registration, or to a question for a schema. */
export const hostileRegistryAnswers: readonly RegistryAnswer[] = [
  ...answers(200, [
    "",
    "null",
    "7",
    "[]",
    "{}",
    "<html>Sign in</html>",
    '{"id":',
    "[".repeat(100_000),
    '{"id":null,"schema":null}',
    '{"id":"7","schema":7}',
    '{"id":true,"schema":true}',
    '{"id":[7],"schema":["long"]}',
    '{"id":{"valueOf":7},"schema":{"toString":"x"}}',
    '{"id":-1,"schema":[]}',
    '{"id":1.5,"schema":{}}',
    '{"id":2147483648,"schema":null}',
    '{"id":9007199254740993,"schema":null}',
    '{"id":1e999,"schema":null}',
    '{"__proto__":{"id":7,"schema":"x"}}',
    '{"ID":7,"Schema":"x"}',
    `{"message":"${long}"}`,
    '{"message":{"toString":"x","valueOf":"y"}}',
    '{"message":{"toString":{}}}',
    '{"message":["a",["b"]]}',
    '{"message":null}',
    '{"message":7}',
    '{"message":"line\\r\\nforged line \\u001b[31m\\u202e"}',
  ]),
  ...answers(201, ['{"id":7,"schema":"x"}']),
  ...answers(400, ["", '{"error_code":"x","message":{"toString":null}}', long]),
  ...answers(401, ['{"error_code":401,"message":{"toString":"x"}}', "<html>"]),
  ...answers(403, ['{"error_code":403,"message":[[[]]]}', `{"message":"${long}"}`]),
  ...answers(404, ['{"error_code":"40403"}', '{"error_code":[40403]}', '{"error_code":1e999}']),
  ...answers(409, ['{"message":{"toString":"x"}}']),
  ...answers(422, [`{"error_code":42201,"message":"${long}"}`]),
  ...answers(429, ['{"message":{"toString":"x"}}']),
  ...answers(500, ["", '{"message":{"toString":"x"}}', `{"message":"${long}"}`]),
  ...answers(503, ["[]"]),
  redirection("http://169.254.169.254/latest/meta-data"),
  redirection("//evil.example"),
  redirection("\\\\evil.example"),
  redirection("javascript:alert(1)"),
  redirection("file:///etc/passwd"),
  redirection("http://["),
  redirection("http://user:pw-6vQ9@evil.example/?token=pw-6vQ9#pw-6vQ9"),
  redirection(`/${"m4rk3r".repeat(1_000)}`),
  redirection(""),
];
