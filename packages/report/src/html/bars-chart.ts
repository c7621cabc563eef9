import { formatMicros } from '@restow/model';
import { html, type Markup } from './markup.ts';
import { fixed } from './scale.ts';

export interface Bar {
  readonly label: string;
  readonly micros: number;
  readonly kind: 'pods' | 'idle';
}

const WIDTH = 960;
const ROW = 30;
const LEFT = 300;
const RIGHT = 190;
const MOST_SIGNS = 40;

/** Amounts beside each other, each with its part of the whole. */
export function barsChart(bars: readonly Bar[], totalMicros: number, currency: string): Markup {
  const most = Math.max(1, ...bars.map(({ micros }) => micros));
  const rows = bars.map(({ label, micros, kind }, index) => {
    const y = index * ROW + 4;
    const width = fixed(Math.max(1, ((WIDTH - LEFT - RIGHT) * micros) / most));
    const part = totalMicros === 0 ? '' : ` (${((100 * micros) / totalMicros).toFixed(1)} %)`;
    const short = label.length > MOST_SIGNS ? `${label.slice(0, MOST_SIGNS - 1)}…` : label;
    return html`<g><title>${label}</title><text x="0" y="${y + 15}">${short}</text><rect class="${kind}" x="${LEFT}" y="${y}" width="${width}" height="${ROW - 10}" rx="2"/><text x="${LEFT + width + 8}" y="${y + 15}">${formatMicros(micros, currency)}${part}</text></g>`;
  });
  return html`<svg viewBox="0 0 ${WIDTH} ${bars.length * ROW}" role="img" aria-label="Who pays">${rows}</svg>`;
}
