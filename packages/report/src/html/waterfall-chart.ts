import { formatMicros } from '@restow/model';
import { html, type Markup } from './markup.ts';
import { fixed } from './scale.ts';

/** One bar that goes on where the one before it has ended; a `sum` begins at nothing. */
export interface Fall {
  readonly label: string;
  readonly micros: number;
  readonly isSum: boolean;
}

const WIDTH = 960;
const ROW = 34;
const LEFT = 300;
const RIGHT = 140;

/** From what removed nodes would have cost down to what is saved. */
export function waterfallChart(falls: readonly Fall[], currency: string): Markup {
  const bars: { readonly fall: Fall; readonly from: number; readonly to: number }[] = [];
  let level = 0;
  for (const fall of falls) {
    const from = fall.isSum ? 0 : level;
    level = from + fall.micros;
    bars.push({ fall, from, to: level });
  }
  const ends = bars.flatMap(({ from, to }) => [from, to]);
  const low = Math.min(0, ...ends);
  const high = Math.max(1, ...ends);
  const x = (micros: number) => LEFT + ((WIDTH - LEFT - RIGHT) * (micros - low)) / (high - low);
  const rows = bars.map(({ fall: { label, micros, isSum }, from, to }, index) => {
    const y = index * ROW + 6;
    const [start, end] = [x(Math.min(from, to)), x(Math.max(from, to))];
    const kind = isSum ? 'pods' : micros < 0 ? 'bad' : 'good';
    return html`<text x="0" y="${y + 15}">${label}</text><rect class="${kind}" x="${fixed(start)}" y="${y}" width="${fixed(Math.max(1, end - start))}" height="${ROW - 12}" rx="2"/><text x="${fixed(end + 8)}" y="${y + 15}">${formatMicros(micros, currency)}</text>`;
  });
  const zero = fixed(x(0));
  const height = falls.length * ROW;
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Savings"><line class="rule" x1="${zero}" x2="${zero}" y1="0" y2="${height}"/>${rows}</svg>`;
}
