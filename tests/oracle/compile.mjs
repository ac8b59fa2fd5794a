// Compiles with npm's mjml: reads one JSON text a line (the MJML), writes one JSON object a line (HTML, milliseconds).
import { createInterface } from "node:readline";
import mjml2html from "mjml";

// No web fonts: the newsletter's own letters have none, and nothing here may reach for a network. Validation stays at its
// default, which compiles all the same: our own door validates too, so the benchmark compares like with like.
const options = { fonts: {} };

for await (const line of createInterface({ input: process.stdin })) {
  const source = JSON.parse(line);
  const started = performance.now();
  const { html } = await mjml2html(source, options);
  const milliseconds = performance.now() - started;
  process.stdout.write(`${JSON.stringify({ html, milliseconds })}\n`);
}
