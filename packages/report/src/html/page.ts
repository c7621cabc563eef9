import { createHash } from 'node:crypto';
import { html, type Markup } from './markup.ts';
import { STYLE } from './style.ts';

export interface Section {
  readonly heading: string;
  /** What the figures mean, in a sentence. */
  readonly about: string;
  readonly body: Markup;
}

export interface Page {
  readonly title: string;
  /** Under the title. */
  readonly about: Markup;
  readonly sections: readonly Section[];
  /** What has to be known to read it. */
  readonly notes: readonly string[];
}

/** One file that loads nothing, runs nothing and sends nothing, and lets a browser see to that. */
export function renderPage({ title, about, sections, notes }: Page): string {
  const hash = createHash('sha256').update(STYLE).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const shown = sections.map(({ heading, about: meaning, body }) => {
    return html`<section><h2>${heading}</h2><p class="about">${meaning}</p>${body}</section>\n`;
  });
  const said = notes.map((note) => html`<li>${note}</li>`);
  const end =
    notes.length === 0 ? html`` : html`<section class="notes"><h2>To be known</h2><ul>${said}</ul></section>\n`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${{ markup: STYLE }}</style>
</head>
<body>
<header><h1>${title}</h1><div>${about}</div></header>
<main>
${shown}${end}</main>
</body>
</html>
`.markup;
}
