// Answers what Mermaid, @dbml/core and resvg make of a text: one JSON request a line, one JSON answer a line.
// node drawing_tools.mjs FOLDER, in whose node_modules `make pictures` has installed them.
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';

const modules = `${process.argv[2]}/node_modules`;
const require = createRequire(`${modules}/`);
console.log = console.info = console.debug = () => {};  // stdout is for answers

const { JSDOM } = require('jsdom');
const page = new JSDOM('');
globalThis.window = page.window;
globalThis.document = page.window.document;
const mermaid = (await import(`${modules}/mermaid/dist/mermaid.core.mjs`)).default;
mermaid.initialize({ startOnLoad: false, maxTextSize: 10_000_000 });

const kinds = {
  async gitGraph(text) {
    await mermaid.parse(text);
    const { type, db } = await mermaid.mermaidAPI.getDiagramFromText(text);
    const commits = [...db.getCommits().values()].map(({ id, parents, branch, tags, type }) => ({ id, parents, branch, tags, type }));
    return { type, commits };
  },
  async erDiagram(text) {
    await mermaid.parse(text);
    const { type, db } = await mermaid.mermaidAPI.getDiagramFromText(text);
    const entities = [...db.getEntities().entries()].map(([name, { id, alias, attributes }]) => ({ name, id, alias, attributes }));
    return { type, entities, relationships: db.getRelationships() };
  },
  async dbml(text) {
    const { Parser } = require('@dbml/core');
    const found = JSON.parse(JSON.stringify(new Parser().parse(text, 'dbmlv2').normalize()));
    return found;
  },
  async svg({ text, points }) {
    const { Resvg } = require('@resvg/resvg-js');
    const image = new Resvg(text, { background: '#ffffff', font: { loadSystemFonts: false } }).render();
    const at = ([x, y]) => [...image.pixels.subarray(4 * (y * image.width + x), 4 * (y * image.width + x) + 3)];
    return { width: image.width, height: image.height, colours: points.map(at) };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { kind, given } = JSON.parse(line);
  let answer;
  try {
    answer = { found: await kinds[kind](given) };
  } catch (error) {
    answer = { error: String(error?.message ?? JSON.stringify(error?.diags ?? error)) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
