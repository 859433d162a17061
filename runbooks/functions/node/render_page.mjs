// Writes a page (Markdown) about a log from the digest that another function made of it.
//
// event  {"page": "/tmp/…/digest.md", "title": "…", "lines": 120, "levels": {"ERROR": 4}, "messages": [{…}]}
// reply  {"page": "/tmp/…/digest.md", "headline": "4 errors in 120 lines", "bytes": 412}

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, isAbsolute } from "node:path";

export async function handler(event) {
  const { page, title, lines, levels = {}, messages = [] } = event;
  if (typeof page !== "string" || !isAbsolute(page)) {
    throw new TypeError(`"page" must be an absolute path, not ${JSON.stringify(page)}`);
  }
  const errors = (levels.ERROR ?? 0) + (levels.FATAL ?? 0);
  const headline = `${errors} ${errors === 1 ? "error" : "errors"} in ${lines} lines`;
  const text = [
    `# ${title}`,
    "",
    headline,
    "",
    "| level | lines |",
    "| --- | ---: |",
    ...Object.entries(levels).map(([level, count]) => `| ${level} | ${count} |`),
    "",
    ...messages.map(({ message, count }) => `- ${count} × ${message}`),
    "",
  ].join("\n");
  await mkdir(dirname(page), { recursive: true });
  await writeFile(page, text);
  console.log(text);
  return { page, headline, bytes: Buffer.byteLength(text) };
}
