// Writes the schema of MJML as the newsletter checks templates by it, from the components of npm's mjml.
// Usage: node tests/oracle/schema.mjs > newsletter/render/compiler/mjml_schema.json
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const preset = require("mjml-preset-core");
const colours = require("mjml-core/lib/types/helpers/colors");
const made = require("mjml/package.json");

const tags = {};
for (const component of preset.components) {
  const name = component.componentName;
  const children = preset.dependencies[name] ?? [];
  tags[name] = {
    attributes: component.allowedAttributes ?? {},
    // A pattern among the children stands for any tag.
    children: children.some((child) => child instanceof RegExp) ? null : children,
  };
}
tags.mjml = { attributes: { dir: "string", lang: "string", owa: "string" }, children: preset.dependencies.mjml };

const sorted = (object) => Object.fromEntries(Object.entries(object).sort(([one], [two]) => (one < two ? -1 : 1)));
const schema = { source: made.name, version: made.version, licence: made.license, colours: colours.default ?? colours, tags: sorted(tags) };
process.stdout.write(`${JSON.stringify(schema, null, 1)}\n`);
