import { formatMicros } from '@restow/model';
import type { Span } from '../over-time.ts';
import { showTime } from '../tables/show-cell.ts';
import { html, type Markup } from './markup.ts';
import { fixed, gridOf } from './scale.ts';

const WIDTH = 960;
const HEIGHT = 260;
const LEFT = 78;
const TOP = 12;
const BOTTOM = 34;
const MOST_LABELS = 8;
const LABEL = 80;

/** What was paid in each span, pods below and idle on top; a frame where nothing is known. */
export function costChart(spans: readonly Span[], currency: string): Markup {
  const most = Math.max(1, ...spans.map(({ podMicros, idleMicros }) => podMicros + idleMicros));
  const { lines, top } = gridOf(most);
  const height = HEIGHT - TOP - BOTTOM;
  const y = (micros: number) => TOP + height * (1 - micros / top);
  const step = (WIDTH - LEFT) / spans.length;
  const isHours = spans.length > 0 && Math.max(...spans.map(({ from, to }) => to - from)) <= 3_600_000;
  const every = Math.ceil(spans.length / MOST_LABELS);
  const bars = spans.map((span, index) => {
    const { from, to, podMicros, idleMicros, unknownMs } = span;
    const [x, width] = [fixed(LEFT + index * step + step * 0.1), fixed(step * 0.8)];
    const all = podMicros + idleMicros;
    const unknown = unknownMs > 0 ? `; of ${percent(unknownMs / (to - from))} nothing is known` : '';
    const said = `${showTime(from)} to ${showTime(to)}: pods ${formatMicros(podMicros, currency)}, idle ${formatMicros(idleMicros, currency)}${unknown}`;
    const frame =
      unknownMs > 0
        ? html`<rect class="unknown" x="${x}" y="${TOP}" width="${width}" height="${fixed(height)}"/>`
        : html``;
    return html`<g><title>${said}</title>${frame}<rect class="idle" x="${x}" y="${fixed(y(all))}" width="${width}" height="${fixed(y(podMicros) - y(all))}"/><rect class="pods" x="${x}" y="${fixed(y(podMicros))}" width="${width}" height="${fixed(y(0) - y(podMicros))}"/></g>\n`;
  });
  const labels = spans.flatMap(({ from }, index) => {
    if (index % every !== 0 || LEFT + index * step > WIDTH - LABEL) return [];
    const time = showTime(from);
    const label = isHours ? time.slice(5, 16).replace('T', ' ') : time.slice(0, 10);
    return [
      html`<text class="quiet" x="${fixed(LEFT + index * step + step * 0.1)}" y="${HEIGHT - 12}">${label}</text>`,
    ];
  });
  const grid = lines.map((micros) => {
    const at = fixed(y(micros));
    const label = formatMicros(micros, currency, top < 10_000_000 ? 2 : 0);
    return html`<line class="rule" x1="${LEFT}" x2="${WIDTH}" y1="${at}" y2="${at}"/><text class="quiet" text-anchor="end" x="${LEFT - 8}" y="${at}" dy="4">${label}</text>`;
  });
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Cost over time">${grid}${bars}${labels}</svg>
<p class="legend"><i class="pods"></i>asked for by pods<i class="idle"></i>idle<i class="unknown"></i>not or not wholly known</p>`;
}

function percent(fraction: number): string {
  return `${Math.max(1, Math.round(100 * fraction))} %`;
}
